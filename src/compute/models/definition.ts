/** What a model is made for, and the form of the function that makes it: built-in or a user's. */
import type * as tf from '@tensorflow/tfjs';

export interface ModelRequest {
  /** Shape of one example: [height, width, channels]. */
  readonly inputShape: readonly number[];
  readonly classes: number;
}

/** Makes an untrained model: one input of shape [null, ...inputShape], one output of shape [null, classes]. */
export type CreateModel = (request: ModelRequest) => tf.LayersModel;
