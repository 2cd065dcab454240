import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { convolution } from './convolutions.js';
import { assertSame, eighths, fits, normal, windows } from './on-backends.js';

type Shape4 = [number, number, number, number];
type Forward = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const channels = fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 9 }), fc.integer({ min: 16, max: 21 }));

describe('wasm-training: convolution', () => {
  it('gives the very numbers of the cpu backend, forward and both gradients, whatever the shape', async () => {
    await fc.assert(
      fc.asyncProperty(windows(), channels, channels, async (window, inChannels, outChannels) => {
        await assertSame(() => convolution(window, inChannels, outChannels, eighths), 0);
      }),
      { numRuns: 150 },
    );
  });

  it('stays within 1e-5 of the cpu backend on real numbers', async () => {
    await fc.assert(
      fc.asyncProperty(windows(), channels, channels, async (window, inChannels, outChannels) => {
        await assertSame(() => convolution(window, inChannels, outChannels, normal), 1e-5);
      }),
      { numRuns: 100 },
    );
  });

  it('differentiates a dilated convolution as one whose filter has zeros between its taps', async () => {
    const dilation = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 3 }));
    const dilated = windows(3)
      .chain((window) => fc.tuple(fc.constant({ ...window, strides: [1, 1] as [number, number] }), dilation))
      .filter(([window, rate]) => fits(window, rate));
    await fc.assert(
      fc.asyncProperty(dilated, channels, channels, async ([w, [dh, dw]], inChannels, outChannels) => {
        const x = () => eighths(w.seed, [w.batch, w.height, w.width, inChannels]);
        const filter = () => eighths(w.seed + 1, [...w.filter, inChannels, outChannels]);
        const gradients = (forward: Forward) => () => {
          const y = forward(x(), filter());
          return [y, ...tf.grads(forward)([x(), filter()], eighths(w.seed + 2, y.shape))];
        };
        await assertSame(
          gradients((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, w.pad, 'NHWC', [dh, dw])),
          0,
          gradients((a, b) => tf.conv2d(a as tf.Tensor4D, spread(b as tf.Tensor4D, dh, dw), 1, w.pad)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('gives the gradients of a transposed convolution', async () => {
    const compute = () => {
      const x = eighths(1, [9, 4, 5, 3]);
      const filter = eighths(2, [3, 2, 4, 3]);
      const forward = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [9, 8, 10, 4], 2, 'same');
      return [forward(x, filter), ...tf.grads(forward)([x, filter], eighths(3, [9, 8, 10, 4]))];
    };
    await assertSame(compute, 0);
  });

  it('adds the bias and the activation in the fused kernels', async () => {
    for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const) {
      const shared = () => ({
        strides: 1,
        pad: 'same' as const,
        bias: eighths(3, [1, 1, 1, 7]).reshape<tf.Tensor1D>([7]),
        activation,
        leakyreluAlpha: 0.25,
        ...(activation === 'prelu' ? { preluActivationWeights: eighths(4, [1, 1, 1, 7]).reshape([7]) } : {}),
      });
      const compute = (batch: number) => () => [
        tf.fused.conv2d({ ...shared(), x: eighths(1, [batch, 6, 5, 3]), filter: eighths(2, [3, 3, 3, 7]) }),
        tf.fused.depthwiseConv2d({
          ...shared(),
          x: eighths(1, [batch, 6, 5, 7]),
          filter: eighths(2, [3, 2, 7, 1]),
        }),
      ];
      await assertSame(compute(2), 1e-6);
      await assertSame(compute(11), 1e-6);
    }
  });

  it('refuses a bias that does not fit, naming its shape', async () => {
    await useWasmBackend();
    const [x, filter, bias] = [
      tf.zeros<tf.Rank.R4>([8, 6, 6, 3]),
      tf.zeros<tf.Rank.R4>([3, 3, 3, 4]),
      tf.zeros([1]),
    ];
    assert.throws(() => tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias }), {
      code: 'MODEL',
      message: 'FusedConv2D: bias has shape [1]: it must be [4]',
    });
  });

  it('refuses channels first, naming the field', async () => {
    await useWasmBackend();
    const x = tf.zeros<tf.Rank.R4>([8, 3, 6, 6]);
    const filter = tf.zeros<tf.Rank.R4>([3, 3, 3, 4]);
    assert.throws(() => tf.conv2d(x, filter, 1, 'same', 'NCHW'), {
      code: 'MODEL',
      message: 'Conv2D: dataFormat is "NCHW": it must be "NHWC"',
    });
  });
});

/** A filter with zeros between its taps. */
function spread(filter: tf.Tensor4D, dilationHeight: number, dilationWidth: number): tf.Tensor4D {
  const [height, width, inChannels, outChannels] = filter.shape;
  const rows = placement(height, dilationHeight);
  const columns = placement(width, dilationWidth);
  const tall = tf.matMul(rows, filter.reshape([height, width * inChannels * outChannels]));
  const turned = tall.reshape([rows.shape[0], width, inChannels * outChannels]).transpose([1, 0, 2]);
  const wide = tf.matMul(columns, turned.reshape([width, rows.shape[0] * inChannels * outChannels]));
  const back = wide.reshape([columns.shape[0], rows.shape[0], inChannels * outChannels]).transpose([1, 0, 2]);
  return back.reshape([rows.shape[0], columns.shape[0], inChannels, outChannels] satisfies Shape4);
}

/** The matrix that puts tap k in place k·dilation. */
function placement(taps: number, dilation: number): tf.Tensor2D {
  const places = (taps - 1) * dilation + 1;
  const buffer = tf.buffer<tf.Rank.R2>([places, taps]);
  for (let tap = 0; tap < taps; tap++) buffer.set(1, tap * dilation, tap);
  return buffer.toTensor();
}
