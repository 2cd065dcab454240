/** All kernels of `registerTrainingKernels()` on fixed numbers, for comparing threads. */
import * as tf from '@tensorflow/tfjs';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { normal } from './on-backends.js';

/** Results of every kernel forward and backward, on the wasm backend. */
export async function everyKernel(): Promise<Float32Array[]> {
  await useWasmBackend();
  const results = tf.tidy(() => [
    ...both((x, w) => tf.conv2d(x, w, 1, 'same'), [11, 9, 7, 3], [5, 3, 3, 7]),
    ...both((x, w) => tf.conv2d(x, w, 1, 'same'), [11, 9, 7, 12], [3, 3, 12, 16]),
    ...both((x, w) => tf.conv2d(x, w, 2, 'valid'), [11, 9, 7, 5], [3, 2, 5, 6]),
    ...both((x, w) => tf.depthwiseConv2d(x, w, 1, 'same'), [11, 9, 7, 6], [3, 3, 6, 1]),
    ...both((x, w) => tf.matMul(x, w), [1, 1, 37, 29], [1, 1, 29, 23]),
    ...both((x, w) => tf.relu(tf.add(tf.mul(x, w), w)), [3, 5, 7, 9], [1, 1, 1, 9]),
    ...one((x) => tf.maxPool(x, 3, 2, 'same')),
    ...one((x) => tf.avgPool(x, 3, 2, 'same')),
    ...one((x) => tf.mean(x, [0, 1, 2])),
    ...one((x) => tf.batchNorm(x, vector(1), tf.square(vector(2)).add(0.5), vector(3), vector(4))),
  ]);
  const values = results.map((tensor) => Float32Array.from(tensor.dataSync<'float32'>()));
  tf.dispose(results);
  return values;
}

const image = [9, 8, 7, 10];

function vector(seed: number): tf.Tensor1D {
  return normal(seed, [1, 1, 1, 10]).reshape([10]);
}

function one(compute: (x: tf.Tensor4D) => tf.Tensor): tf.Tensor[] {
  const forward = (x: tf.Tensor) => compute(x as tf.Tensor4D);
  const x = normal(1, image);
  const y = forward(x);
  return [y, tf.grad(forward)(x, dyOf(y))];
}

function both(
  compute: (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor,
  xShape: number[],
  wShape: number[],
): tf.Tensor[] {
  const forward = (x: tf.Tensor, w: tf.Tensor) => compute(x as tf.Tensor4D, w as tf.Tensor4D);
  const inputs = [normal(1, xShape), normal(2, wShape)];
  const y = compute(normal(1, xShape), normal(2, wShape));
  return [y, ...tf.grads(forward)(inputs, dyOf(y))];
}

function dyOf(y: tf.Tensor): tf.Tensor {
  return normal(3, [1, 1, 1, y.size]).reshape(y.shape);
}
