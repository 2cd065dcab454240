/**
 * Sum and mean over adjacent axes that are not the last ones (the gradient of a bias, the moments of batch normalisation,
 * global pooling), which the stock kernels do by transposing first; and the gradients of both, which are copies. Other
 * axes are left to the stock kernels. Of a tensor without elements the stock reductions give what happens to be in memory;
 * here they give what the cpu backend does.
 */
import * as tf from '@tensorflow/tfjs';
import { type KernelCall, wasmKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';

/** A tensor seen as [outer, reduced, inner]. */
export interface Reduction {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/** How `axis` of `shape` is reduced, if its axes are adjacent. */
export function reductionOf(shape: readonly number[], axis: number | number[]): Reduction | undefined {
  const axes = tf.util.parseAxisParam(axis, [...shape]).toSorted((one, other) => one - other);
  const first = axes[0];
  if (first === undefined || !axes.every((each, i) => each === first + i)) return undefined;
  return {
    outer: sizeOf(shape.slice(0, first)),
    reduced: sizeOf(shape.slice(first, first + axes.length)),
    inner: sizeOf(shape.slice(first + axes.length)),
  };
}

type Axes = number | number[];
type ReduceCall = KernelCall<{ x: tf.TensorInfo }, { axis: Axes; keepDims: boolean }>;
type MaxCall = KernelCall<{ x: tf.TensorInfo }, { reductionIndices: Axes; keepDims: boolean }>;

function reduceKernel(kernelName: string, mean: boolean) {
  return wasmKernel(kernelName, (call: ReduceCall) => {
    const { inputs, attrs, backend, native } = call;
    const { x } = inputs;
    if (isEmpty(x)) return ofNothing(call, attrs.axis, mean ? 'float32' : x.dtype, 0);
    const reduction = reductionOf(x.shape, attrs.axis);
    if (x.dtype !== 'float32' || reduction === undefined || reduction.inner === 1) return call.stock();
    const { outer, reduced, inner } = reduction;
    const sums = backend.makeOutput(reducedShape(call, attrs.axis), 'float32');
    const from = native.address(x);
    const to = native.address(sums);
    for (let i = 0; i < outer; i++) {
      const at = from + 4 * i * reduced * inner;
      native.kernels.sumColumns(at, to + 4 * i * inner, reduced, inner, mean ? 1 / reduced : 1);
    }
    return sums;
  });
}

export const sum = reduceKernel(tf.Sum, false);
export const mean = reduceKernel(tf.Mean, true);

/** The stock kernels, but for tensors without elements. */
export const max = wasmKernel(tf.Max, (call: MaxCall) => {
  const { x } = call.inputs;
  return isEmpty(x) ? ofNothing(call, call.attrs.reductionIndices, x.dtype, Number.NaN) : call.stock();
});
export const min = guardedKernel(tf.Min, Number.NaN);
export const prod = guardedKernel(tf.Prod, 1);

function guardedKernel(kernelName: string, valueOfNothing: number) {
  return wasmKernel(kernelName, (call: ReduceCall) => {
    const { x } = call.inputs;
    return isEmpty(x) ? ofNothing(call, call.attrs.axis, x.dtype, valueOfNothing) : call.stock();
  });
}

function isEmpty({ shape, dtype }: tf.TensorInfo): boolean {
  return sizeOf(shape) === 0 && (dtype === 'float32' || dtype === 'int32');
}

function ofNothing(call: ReduceCall | MaxCall, axis: Axes, dtype: tf.DataType, value: number): tf.TensorInfo {
  const out = call.backend.makeOutput(reducedShape(call, axis), dtype);
  call.backend.typedArrayFromHeap(out).fill(value);
  return out;
}

function reducedShape({ inputs, attrs }: ReduceCall | MaxCall, axis: Axes): number[] {
  const { shape } = inputs.x;
  const axes = tf.util.parseAxisParam(axis, shape);
  return attrs.keepDims
    ? shape.map((length, at) => (axes.includes(at) ? 1 : length))
    : shape.filter((_, at) => !axes.includes(at));
}

export const SPREAD = 'StalewartSpread';

type SpreadCall = KernelCall<
  { dy: tf.TensorInfo },
  { shape: number[]; outer: number; reduced: number; inner: number; divisor: number }
>;

/** The gradient of a sum (divisor 1) or mean: each [outer, inner] value, divided, at every reduced place. */
export const spread = wasmKernel(SPREAD, ({ inputs, attrs, backend }: SpreadCall) => {
  const { shape, outer, reduced, inner, divisor } = attrs;
  const dx = backend.makeOutput(shape, 'float32');
  const from = backend.typedArrayFromHeap(inputs.dy);
  const to = backend.typedArrayFromHeap(dx);
  for (let i = 0; i < outer; i++) {
    const start = i * reduced * inner;
    const end = start + reduced * inner;
    if (inner === 1) {
      to.fill((from[i] ?? 0) / divisor, start, end);
      continue;
    }
    for (let j = 0; j < inner; j++) to[start + j] = (from[i * inner + j] ?? 0) / divisor;
    for (let done = inner; done < end - start; done *= 2) {
      to.copyWithin(start + done, start, Math.min(start + done, end - done));
    }
  }
  return dx;
});
