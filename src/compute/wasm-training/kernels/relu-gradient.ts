/** Gradient of ReLU in one pass, where TensorFlow.js takes a step, a cast and a product. */
import type * as tf from '@tensorflow/tfjs';
import { type KernelCall, wasmKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';

export const RELU_GRADIENT = 'StalewartReluGradient';

type ReluGradientCall = KernelCall<{ dy: tf.TensorInfo; x: tf.TensorInfo }, Record<string, never>>;

export const reluGradient = wasmKernel(RELU_GRADIENT, ({ inputs, backend, native }: ReluGradientCall) => {
  const { dy, x } = inputs;
  const dx = backend.makeOutput(x.shape, 'float32');
  native.kernels.reluGradient(native.address(dy), native.address(x), native.address(dx), sizeOf(x.shape));
  return dx;
});
