import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { assertSame, eighths, normal, onWasm, type Window, windows } from './on-backends.js';

type Forward = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

function gradients(
  w: Window,
  channels: number,
  multiplier: number,
  draw: (seed: number, shape: number[]) => tf.Tensor4D,
): tf.Tensor[] {
  const x = draw(w.seed, [w.batch, w.height, w.width, channels]);
  const filter = draw(w.seed + 1, [...w.filter, channels, multiplier]);
  const forward = (a: tf.Tensor, b: tf.Tensor) =>
    tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, w.strides, w.pad);
  const y = forward(x, filter);
  return [y, ...tf.grads(forward)([x, filter], draw(w.seed + 2, y.shape))];
}

const channels = fc.integer({ min: 1, max: 10 });
const multiplier = fc.integer({ min: 1, max: 3 });

describe('wasm-training: depthwise convolution', () => {
  it('gives the very numbers of the cpu backend, forward and both gradients, whatever the shape and the multiplier', async () => {
    await fc.assert(
      fc.asyncProperty(windows(), channels, multiplier, async (window, count, times) => {
        await assertSame(() => gradients(window, count, times, eighths), 0);
      }),
      { numRuns: 100 },
    );
  });

  it('stays within 1e-5 of the cpu backend on real numbers', async () => {
    await fc.assert(
      fc.asyncProperty(windows(), channels, multiplier, async (window, count, times) => {
        await assertSame(() => gradients(window, count, times, normal), 1e-5);
      }),
      { numRuns: 100 },
    );
  });

  it('differentiates a dilated depthwise convolution as the convolution that it is', async () => {
    // One channel with multiplier m is an ordinary convolution from one channel to m.
    const dilated = (w: number) => (a: tf.Tensor, b: tf.Tensor) =>
      tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same', 'NHWC', [2, w]);
    const ordinary = (w: number) => (a: tf.Tensor, b: tf.Tensor) =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same', 'NHWC', [2, w]);
    for (const width of [1, 2, 3]) {
      const on = (forward: Forward) => () =>
        tf.grads(forward)([eighths(1, [9, 7, 8, 1]), eighths(2, [3, 2, 1, 3])], eighths(3, [9, 7, 8, 3]));
      const [first, second] = [on(dilated(width)), on(ordinary(width))];
      assert.deepEqual(await onWasm(first), await onWasm(second));
    }
  });
});
