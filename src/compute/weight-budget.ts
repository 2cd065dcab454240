/**
 * Refuses a model whose weights cannot fit while it is being made: TensorFlow.js allocates and draws the initial values of
 * a layer the moment the layer is built. Every layer takes its weights from `addWeight`, so that is where they are counted,
 * before they are made.
 */
import * as tf from '@tensorflow/tfjs';
import { StalewartError } from '../errors.js';
import { gigabytes, type MemoryLimit } from './memory-limit.js';

const floatBytes = 4;

/**
 * @param name of the model, for the message
 * @returns what `make` does
 * @throws StalewartError MODEL as soon as weights, and gradients of those that are trained, need more than the limit
 */
export async function withinBudget<T>(name: string, limit: MemoryLimit, make: () => Promise<T>): Promise<T> {
  const layers = tf.layers.Layer.prototype;
  const stock: unknown = Reflect.get(layers, 'addWeight');
  if (typeof stock !== 'function') return make();
  let bytes = 0;
  function addWeight(this: tf.layers.Layer, ...given: readonly unknown[]): unknown {
    const [, shape, , , , trainable] = given;
    const copies = this.trainable && trainable !== false ? 2 : 1;
    bytes += copies * floatBytes * sizeOf(shape);
    if (bytes > limit.bytes) throw tooLarge(name, this, bytes, limit);
    return Reflect.apply(stock as () => unknown, this, given);
  }
  Reflect.set(layers, 'addWeight', addWeight);
  try {
    return await make();
  } finally {
    Reflect.set(layers, 'addWeight', stock);
  }
}

function tooLarge(name: string, layer: tf.layers.Layer, bytes: number, limit: MemoryLimit): StalewartError {
  const place = `${layer.name} (${layer.getClassName()})`;
  return new StalewartError(
    'MODEL',
    `model: the weights of ${name} up to layer ${place} and their gradients need ${gigabytes(bytes)} of memory: ` +
      `${limit.owner} has ${gigabytes(limit.bytes)} at most; take a smaller model`,
    { field: 'model', value: name },
  );
}

function sizeOf(shape: unknown): number {
  if (!Array.isArray(shape)) return 0;
  return shape.reduce((size: number, side: unknown) => size * Number(side ?? 1), 1);
}
