/**
 * What training minimises, F(w): the mean loss of a batch plus the penalties of the layers' regularisers. The loss is
 * what the user's module exports, a function or a name, else softmax cross-entropy.
 */
import * as tf from '@tensorflow/tfjs';
import { StalewartError } from '../errors.js';
import { meanCrossEntropy, type OutputKind } from './cross-entropy.js';
import type { LossName } from './losses.js';

/**
 * A user's loss: int32 class indices `[batch]` and the model's outputs `[batch, classes]` to the batch's mean loss. As
 * `createModel` is, it is handed the library, for modules that cannot import it.
 */
export type UserLoss = (labels: tf.Tensor1D, outputs: tf.Tensor2D, library: typeof tf) => tf.Scalar;

/** A user's loss, or the name of one of ours. */
export type Loss = UserLoss | LossName;

export interface Objective {
  /** Mean loss of the batch, without penalties. Call inside `tf.tidy`. */
  loss(outputs: tf.Tensor2D, labels: Int32Array): tf.Scalar;
  /** The loss plus the penalties. Call inside `tf.tidy`. */
  total(outputs: tf.Tensor2D, labels: Int32Array): tf.Scalar;
}

/** @param chosen null: softmax cross-entropy */
export function createObjective(model: tf.LayersModel, chosen: Loss | null): Objective {
  const kind: OutputKind = endsInSoftmax(model) ? 'probabilities' : 'logits';

  function loss(outputs: tf.Tensor2D, labels: Int32Array): tf.Scalar {
    if (chosen === null || chosen === 'softmaxCrossEntropy') return meanCrossEntropy(outputs, labels, kind);
    if (chosen === 'meanSquaredError') return meanSquaredError(outputs, labels);
    const value: unknown = chosen(tf.tensor1d(labels, 'int32'), outputs, tf);
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

/** Mean over examples and classes of (output − one-hot label)², as a scalar that gradients flow through. */
export function meanSquaredError(outputs: tf.Tensor2D, labels: Int32Array): tf.Scalar {
  // As integers first: the wasm backend of TensorFlow.js 4.22 writes the bits of an integer 1 where float32 is asked for.
  const truth = tf.oneHot(tf.tensor1d(labels, 'int32'), outputs.shape[1]).toFloat();
  return tf.losses.meanSquaredError(truth, outputs) as tf.Scalar;
}

/** Whether the last thing that the model does is a softmax. */
function endsInSoftmax(model: tf.LayersModel): boolean {
  const last = model.outputs[0]?.sourceLayer;
  if (last === undefined) return false;
  if ('outputs' in last && 'layers' in last) return endsInSoftmax(last as tf.LayersModel); // a model as a layer
  return last.getClassName() === 'Softmax' || last.getConfig()['activation'] === 'softmax';
}
