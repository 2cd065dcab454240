/**
 * Max and average pooling and their gradients. The stock forward kernels write outside their memory where a number is the
 * padding of a window that is not square. The stock gradient of average pooling divides by the window's full size though
 * the forward kernels divide by its pixels inside the image; ours divides by those.
 */
import * as tf from '@tensorflow/tfjs';
import { poolGeometry, type WindowAttrs } from '../conv-geometry.js';
import { type KernelCall, wasmKernel } from '../kernel.js';
import { type Pair, sizeOf } from '../shapes.js';

type PoolAttrs = WindowAttrs & { filterSize: Pair };
type PoolCall = KernelCall<{ x: tf.TensorInfo }, PoolAttrs>;

/** Pools by one of our two kernels. */
function pool(name: string, { inputs, attrs, backend, native }: PoolCall): tf.TensorInfo {
  const g = poolGeometry(name, inputs.x.shape, attrs);
  const y = backend.makeOutput(g.outShape, 'float32');
  if (sizeOf(g.outShape) === 0) return y;
  const kernel = name === tf.MaxPool ? 'maxPool' : 'averagePool';
  const [from, to] = [native.address(inputs.x), native.address(y)];
  native.kernels[kernel](native.geometry(g), g.batchSize, g.inChannels, from, to);
  return y;
}

export const maxPool = wasmKernel(tf.MaxPool, (call: PoolCall) =>
  call.inputs.x.dtype === 'float32' ? pool(tf.MaxPool, call) : call.stock(),
);

export const avgPool = wasmKernel(tf.AvgPool, (call: PoolCall) => pool(tf.AvgPool, call));

type MaxPoolGradCall = KernelCall<
  { dy: tf.TensorInfo; input: tf.TensorInfo; output: tf.TensorInfo },
  PoolAttrs
>;

export const maxPoolGrad = wasmKernel(
  tf.MaxPoolGrad,
  ({ inputs, attrs, backend, native }: MaxPoolGradCall) => {
    const { dy, input, output } = inputs;
    const g = poolGeometry(tf.MaxPoolGrad, input.shape, attrs);
    const dx = backend.makeOutput(g.inShape, 'float32');
    native.kernels.maxPoolGradient(
      native.geometry(g),
      g.batchSize,
      g.inChannels,
      native.address(dy),
      native.address(input),
      native.address(output),
      native.address(dx),
      false,
    );
    return dx;
  },
);

type AvgPoolGradCall = KernelCall<{ dy: tf.TensorInfo; input: tf.TensorInfo }, PoolAttrs>;

export const avgPoolGrad = wasmKernel(
  tf.AvgPoolGrad,
  ({ inputs, attrs, backend, native }: AvgPoolGradCall) => {
    const g = poolGeometry(tf.AvgPoolGrad, inputs.input.shape, attrs);
    const dx = backend.makeOutput(g.inShape, 'float32');
    native.kernels.averagePoolGradient(
      native.geometry(g),
      g.batchSize,
      g.inChannels,
      native.address(inputs.dy),
      native.address(dx),
    );
    return dx;
  },
);
