import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { assertSame, normal } from './on-backends.js';

/** y, and the gradients by all that it depends on; TensorFlow.js has none without offset and scale, on any backend. */
function batchNorm(
  shape: [number, number, number, number],
  seed: number,
  scaled: boolean,
  shifted: boolean,
): tf.Tensor[] {
  const channels = shape[3];
  const vector = (from: number) => normal(from, [1, 1, 1, channels]).reshape([channels]);
  const inputs: tf.Tensor[] = [
    normal(seed, shape),
    vector(seed + 1),
    vector(seed + 2)
      .square()
      .add(0.1),
  ];
  if (shifted) inputs.push(vector(seed + 3));
  if (scaled) inputs.push(vector(seed + 4));
  const forward = (...all: tf.Tensor[]) => {
    const [x, mean, variance, ...rest] = all as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, ...tf.Tensor1D[]];
    const offset = shifted ? rest.shift() : undefined;
    return tf.batchNorm(x, mean, variance, offset, rest.shift(), 1e-3);
  };
  const y = forward(...inputs);
  return scaled && shifted ? [y, ...tf.grads(forward)(inputs, normal(seed + 5, shape))] : [y];
}

describe('wasm-training: batch normalisation', () => {
  it('gives the numbers of the cpu backend, and all five gradients', async () => {
    const length = fc.integer({ min: 1, max: 7 });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(length, length, length, fc.integer({ min: 1, max: 11 })),
        fc.nat({ max: 1e6 }),
        fc.boolean(),
        fc.boolean(),
        async (shape, seed, scaled, shifted) => {
          await assertSame(() => batchNorm(shape, seed, scaled, shifted), 1e-5);
        },
      ),
      { numRuns: 120 },
    );
  });

  it('leaves statistics of any other shape to the stock kernel', async () => {
    const compute = () => {
      const statistics = (seed: number) => normal(seed, [3, 4, 5, 6]);
      const [mean, offset, scale] = [statistics(2), statistics(6), statistics(5)];
      const variance = statistics(3).square().add<tf.Tensor4D>(0.1);
      const forward = (x: tf.Tensor) => tf.batchNorm(x as tf.Tensor4D, mean, variance, offset, scale);
      return [tf.grad(forward)(statistics(1), statistics(4))];
    };
    await assertSame(compute, 1e-5);
  });
});
