import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { assertSame, eighths, normal, type Window, windows } from './on-backends.js';

const channels = fc.integer({ min: 1, max: 10 });

/**
 * Windows of which each covers at least one pixel; the others have no maximum and no mean. With a number as padding
 * TensorFlow.js takes the output's width from the filter's height, so there both are square.
 */
const pools = windows(4).filter(({ filter, strides, pad }) => {
  if (pad === 'valid' || pad === 'same') return true;
  if (typeof pad === 'number') return pad < filter[0] && filter[0] === filter[1] && strides[0] === strides[1];
  return Math.max(...pad[1]) < filter[0] && Math.max(...pad[2]) < filter[1];
});

function maxGradient(
  w: Window,
  count: number,
  draw: (seed: number, shape: number[]) => tf.Tensor4D,
): tf.Tensor[] {
  const x = draw(w.seed, [w.batch, w.height, w.width, count]);
  const forward = (a: tf.Tensor) => tf.maxPool(a as tf.Tensor4D, w.filter, w.strides, w.pad);
  const y = forward(x);
  return [y, tf.grad(forward)(x, eighths(w.seed + 1, y.shape))];
}

function averageGradient(w: Window, count: number): tf.Tensor[] {
  const x = normal(w.seed, [w.batch, w.height, w.width, count]);
  const forward = (a: tf.Tensor) => tf.avgPool(a as tf.Tensor4D, w.filter, w.strides, w.pad);
  const y = forward(x);
  return [y, tf.grad(forward)(x, normal(w.seed + 1, y.shape))];
}

/** Average pooling as sums divided by the pixels inside the image, which the cpu backend differentiates rightly. */
function averageGradientBySums(w: Window, count: number): tf.Tensor[] {
  const x = normal(w.seed, [w.batch, w.height, w.width, count]);
  const ones = tf.ones<tf.Rank.R4>([...w.filter, count, 1]);
  const sums = (a: tf.Tensor) => tf.depthwiseConv2d(a as tf.Tensor4D, ones, w.strides, w.pad);
  const pixels = sums(tf.onesLike(x));
  const forward = (a: tf.Tensor) => sums(a).div<tf.Tensor4D>(pixels);
  return [forward(x), tf.grad(forward)(x, normal(w.seed + 1, pixels.shape))];
}

describe('wasm-training: pooling', () => {
  it('gives the maximum its gradient, the first of equals, also where windows overlap', async () => {
    await fc.assert(
      fc.asyncProperty(pools, channels, async (window, count) => {
        await assertSame(() => maxGradient(window, count, eighths), 0);
        await assertSame(() => maxGradient(window, count, normal), 0);
      }),
      { numRuns: 120 },
    );
  });

  it('spreads the gradient of an average as the cpu backend does, without padding', async () => {
    const unpadded = pools.filter(({ height, width, filter }) => height >= filter[0] && width >= filter[1]);
    await fc.assert(
      fc.asyncProperty(unpadded, channels, async (window, count) => {
        await assertSame(() => averageGradient({ ...window, pad: 'valid' }, count), 1e-6);
      }),
      { numRuns: 100 },
    );
  });

  it('divides by the pixels inside the image where a window reaches over its border', async () => {
    await fc.assert(
      fc.asyncProperty(pools, channels, async (window, count) => {
        await assertSame(
          () => averageGradient(window, count),
          1e-6,
          () => averageGradientBySums(window, count),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('differentiates global pooling', async () => {
    for (const pool of [tf.layers.globalAveragePooling2d, tf.layers.globalMaxPooling2d]) {
      const compute = () => {
        const forward = (a: tf.Tensor) => pool({}).apply(a) as tf.Tensor2D;
        return [tf.grad(forward)(normal(1, [9, 5, 6, 7]), normal(2, [9, 7, 1, 1]).reshape([9, 7]))];
      };
      await assertSame(compute, 1e-6);
    }
  });
});
