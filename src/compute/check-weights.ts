/**
 * Holds the weights that a saved model names against the layers that it has. TensorFlow.js itself says of a mismatch only
 * which two shapes it met, not of what. Loaded when a model is opened: nothing else on the main thread needs TensorFlow.js.
 */
import type * as tf from '@tensorflow/tfjs';

/**
 * @returns what is wrong with a weight, after the name of the file; null if each has the shape that its layer needs. What
 *   cannot be told here is left to TensorFlow.js: layers that only its user has registered, weights that no layer has.
 */
export async function weightProblem({
  modelTopology,
  weightSpecs = [],
}: Pick<tf.io.ModelArtifacts, 'modelTopology' | 'weightSpecs'>): Promise<string | null> {
  const { models } = await import('@tensorflow/tfjs');
  const topology = modelTopology as Parameters<typeof tf.models.modelFromJSON>[0];
  const model = await models.modelFromJSON(topology).catch(() => null);
  if (model === null) return null;
  try {
    const shapes = new Map(model.weights.map((weight) => [weight.originalName, weight.shape]));
    for (const { name, shape } of weightSpecs) {
      const needed = shapes.get(name);
      if (needed === undefined || sameShape(shape, needed)) continue;
      return `gives weight ${name} the shape [${shape.join(', ')}], and its layer needs [${needed.join(', ')}]`;
    }
    return null;
  } finally {
    model.dispose();
  }
}

function sameShape(one: readonly number[], other: readonly (number | null)[]): boolean {
  return one.length === other.length && one.every((side, index) => side === other[index]);
}
