/** Shapes of what a layer gives, as its model was built; the batch comes first, and sides that are not known are null. */
import type * as tf from '@tensorflow/tfjs';

/** None of a layer that is used more than once with several shapes: TensorFlow.js tells none then. */
export function outputShapesOf(layer: tf.layers.Layer): readonly tf.Shape[] {
  try {
    const shape = layer.outputShape;
    return isOne(shape) ? [shape] : shape;
  } catch {
    return [];
  }
}

function isOne(shape: tf.Shape | tf.Shape[]): shape is tf.Shape {
  return !Array.isArray(shape[0]);
}
