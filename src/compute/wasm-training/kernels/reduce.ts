/**
 * Sum and mean over leading axes (the gradient of a bias, the moments of batch normalisation), which the stock kernels do
 * by transposing first. Other axes are left to the stock kernels.
 */
import * as tf from '@tensorflow/tfjs';
import { type KernelCall, sizeOf, wasmKernel } from '../kernel.js';

type ReduceCall = KernelCall<{ x: tf.TensorInfo }, { axis: number | number[]; keepDims: boolean }>;

function reduceKernel(kernelName: string, mean: boolean) {
  return wasmKernel(kernelName, (call: ReduceCall) => {
    const { inputs, attrs, backend, native } = call;
    const { x } = inputs;
    const axes = tf.util.parseAxisParam(attrs.axis, x.shape).toSorted((one, other) => one - other);
    const leading = axes.every((axis, i) => axis === i) && axes.length > 0 && axes.length < x.shape.length;
    if (x.dtype !== 'float32' || !leading || sizeOf(x.shape) === 0) return call.stock();
    const kept = x.shape.slice(axes.length);
    const columns = sizeOf(kept);
    const rows = sizeOf(x.shape) / columns;
    const shape = attrs.keepDims ? [...axes.map(() => 1), ...kept] : kept;
    const sums = backend.makeOutput(shape, 'float32');
    native.kernels.sumColumns(native.address(x), native.address(sums), rows, columns, mean ? 1 / rows : 1);
    return sums;
  });
}

export const sum = reduceKernel(tf.Sum, false);
export const mean = reduceKernel(tf.Mean, true);
