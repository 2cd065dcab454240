/** What kernels refuse, because they would compute something else in silence. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { StalewartError } from '../../../src/errors.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';

const x = (): tf.Tensor4D => tf.ones([1, 5, 5, 1]);
const filter = (): tf.Tensor4D => tf.ones([3, 3, 1, 1]);

const refused: readonly [what: string, message: string, compute: () => tf.Tensor][] = [
  [
    'half a stride',
    'Conv2D: stride is 0.5×0.5: it must be whole numbers of at least 1',
    () => tf.conv2d(x(), filter(), 0.5, 'same'),
  ],
  [
    'a stride that is no whole number in one direction',
    'DepthwiseConv2dNative: stride is 1×1.5: it must be whole numbers of at least 1',
    () => tf.depthwiseConv2d(x(), filter(), [1, 1.5], 'same'),
  ],
  [
    'half a dilation',
    'Conv2D: dilation is 1.5×1.5: it must be whole numbers of at least 1',
    () => tf.conv2d(x(), filter(), 1, 'same', 'NHWC', 1.5),
  ],
  [
    'a pool without pixels',
    'MaxPool: window is 0×2: it must be whole numbers of at least 1',
    () => tf.maxPool(x(), [0, 2], 1, 'same'),
  ],
  [
    'a pool of half pixels',
    'AvgPool: window is 2.5×2.5: it must be whole numbers of at least 1',
    () => tf.avgPool(x(), 2.5, 1, 'valid'),
  ],
  [
    'a pool that does not move',
    'MaxPool: stride is 0×0: it must be whole numbers of at least 1',
    () => tf.maxPool(x(), 2, 0, 'same'),
  ],
  [
    'batch normalisation of whole numbers',
    'FusedBatchNorm: x is int32: it must be float32 (tf.cast makes it so)',
    () => tf.batchNorm(tf.ones([2, 3], 'int32'), tf.ones([3]), tf.ones([3])),
  ],
];

describe('wasm-training: refuses', () => {
  before(useWasmBackend);

  for (const [what, message, compute] of refused) {
    it(`${what}`, () => {
      assert.throws(
        () => tf.tidy(compute),
        (error) => error instanceof StalewartError && error.code === 'MODEL' && error.message === message,
      );
    });
  }
});
