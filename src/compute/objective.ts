/**
 * What training minimises, F(w): the mean loss of a batch plus the penalties of the layers' regularisers. The loss is the
 * one that the user's module exports, else softmax cross-entropy.
 */
import * as tf from '@tensorflow/tfjs';
import { StalewartError } from '../errors.js';
import { meanCrossEntropy, type OutputKind } from './cross-entropy.js';

/**
 * A user's loss: int32 class indices `[batch]` and the model's outputs `[batch, classes]` to the batch's mean loss. As
 * `createModel` is, it is handed the library, for modules that cannot import it.
 */
export type UserLoss = (labels: tf.Tensor1D, outputs: tf.Tensor2D, library: typeof tf) => tf.Scalar;

export interface Objective {
  /** Mean loss of the batch, without penalties. Call inside `tf.tidy`. */
  loss(outputs: tf.Tensor2D, labels: Int32Array): tf.Scalar;
  /** The loss plus the penalties. Call inside `tf.tidy`. */
  total(outputs: tf.Tensor2D, labels: Int32Array): tf.Scalar;
}

export function createObjective(model: tf.LayersModel, userLoss: UserLoss | null): Objective {
  const kind: OutputKind = endsInSoftmax(model) ? 'probabilities' : 'logits';

  function loss(outputs: tf.Tensor2D, labels: Int32Array): tf.Scalar {
    if (userLoss === null) return meanCrossEntropy(outputs, labels, kind);
    const value: unknown = userLoss(tf.tensor1d(labels, 'int32'), outputs, tf);
    if (!(value instanceof tf.Tensor) || value.rank !== 0) {
      const shown =
        value instanceof tf.Tensor ? `a tensor of shape [${value.shape.join(', ')}]` : typeof value;
      throw new StalewartError(
        'MODEL',
        `model: its loss returned ${shown}: it must return a scalar, the mean over the batch`,
        { field: 'model' },
      );
    }
    return value as tf.Scalar;
  }

  return {
    loss,
    total(outputs, labels) {
      let sum = loss(outputs, labels);
      for (const penalty of model.calculateLosses()) sum = sum.add(penalty);
      return sum;
    },
  };
}

/** Whether the last thing that the model does is a softmax. */
export function endsInSoftmax(model: tf.LayersModel): boolean {
  const last = model.outputs[0]?.sourceLayer;
  if (last === undefined) return false;
  if ('outputs' in last && 'layers' in last) return endsInSoftmax(last as tf.LayersModel); // a model as a layer
  return last.getClassName() === 'Softmax' || last.getConfig()['activation'] === 'softmax';
}
