/**
 * Gradients of max and average pooling. That of average pooling divides by the pixels of a window that lie inside the
 * image, as the forward kernels do; the stock gradients divide by the window's full size, which is wrong at the borders
 * of 'same' padding.
 */
import * as tf from '@tensorflow/tfjs';
import { poolGeometry, type WindowAttrs } from '../conv-geometry.js';
import { type KernelCall, type Pair, wasmKernel } from '../kernel.js';

type PoolAttrs = WindowAttrs & { filterSize: Pair };
type MaxPoolGradCall = KernelCall<{ dy: tf.TensorInfo; input: tf.TensorInfo; output: tf.TensorInfo }, PoolAttrs>;

export const maxPoolGrad = wasmKernel(
  tf.MaxPoolGrad,
  ({ inputs, attrs, backend, native }: MaxPoolGradCall) => {
    const { dy, input, output } = inputs;
    const g = poolGeometry(input.shape, attrs);
    const dx = backend.makeOutput(g.inShape, 'float32');
    native.kernels.maxPoolGradient(
      native.geometry(g),
      native.address(dy),
      native.address(input),
      native.address(output),
      native.address(dx),
    );
    return dx;
  },
);

type AvgPoolGradCall = KernelCall<{ dy: tf.TensorInfo; input: tf.TensorInfo }, PoolAttrs>;

export const avgPoolGrad = wasmKernel(
  tf.AvgPoolGrad,
  ({ inputs, attrs, backend, native }: AvgPoolGradCall) => {
    const g = poolGeometry(inputs.input.shape, attrs);
    const dx = backend.makeOutput(g.inShape, 'float32');
    native.kernels.averagePoolGradient(native.geometry(g), native.address(inputs.dy), native.address(dx));
    return dx;
  },
);
