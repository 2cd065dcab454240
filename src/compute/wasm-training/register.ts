import * as tf from '@tensorflow/tfjs';
import { type KernelCall, type Pair, type Shape4, wasmKernel } from './kernel.js';

const done = { value: false };

/** Registers the kernels that training needs with the wasm backend. Calling it again does nothing. */
export function registerTrainingKernels(): void {
  if (done.value) return;
  done.value = true;
  tf.registerKernel(wasmKernel(tf.Conv2DBackpropFilter, (call: FilterCall) => filterGradient(call, false)));
  tf.registerKernel(
    wasmKernel(tf.DepthwiseConv2dNativeBackpropFilter, (call: FilterCall) => filterGradient(call, true)),
  );
  tf.registerKernel(wasmKernel(tf.DepthwiseConv2dNativeBackpropInput, depthwiseInputGradient));
}

type Attrs = {
  strides: Pair;
  pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};
type FilterCall = KernelCall<{ x: tf.TensorInfo; dy: tf.TensorInfo }, Attrs & { filterShape: Shape4 }>;
type InputCall = KernelCall<{ dy: tf.TensorInfo; filter: tf.TensorInfo }, Attrs & { inputShape: Shape4 }>;

function filterGradient({ inputs, attrs, backend }: FilterCall, depthwise: boolean): tf.TensorInfo {
  const x = inputs.x;
  const dy = inputs.dy;
  const info = tf.backend_util.computeConv2DInfo(
    x.shape as Shape4,
    attrs.filterShape,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  );
  const out = backend.makeOutput(info.filterShape, 'float32');
  const xs = backend.typedArrayFromHeap(x);
  const ys = backend.typedArrayFromHeap(dy);
  const ws = backend.typedArrayFromHeap(out).fill(0);
  const c1 = info.inChannels;
  const c2 = info.outChannels;
  for (let n = 0; n < info.batchSize; n++)
    for (let i = 0; i < info.outHeight; i++)
      for (let j = 0; j < info.outWidth; j++) {
        const y = ((n * info.outHeight + i) * info.outWidth + j) * c2;
        for (let a = 0; a < info.filterHeight; a++) {
          const h = i * info.strideHeight + a - info.padInfo.top;
          if (h < 0 || h >= info.inHeight) continue;
          for (let b = 0; b < info.filterWidth; b++) {
            const w = j * info.strideWidth + b - info.padInfo.left;
            if (w < 0 || w >= info.inWidth) continue;
            const xo = ((n * info.inHeight + h) * info.inWidth + w) * c1;
            if (depthwise) {
              const wo = (a * info.filterWidth + b) * c2;
              const m = c2 / c1;
              for (let o = 0; o < c2; o++) ws[wo + o]! += xs[xo + Math.trunc(o / m)]! * ys[y + o]!;
            } else {
              for (let c = 0; c < c1; c++) {
                const wo = ((a * info.filterWidth + b) * c1 + c) * c2;
                const v = xs[xo + c]!;
                for (let o = 0; o < c2; o++) ws[wo + o]! += v * ys[y + o]!;
              }
            }
          }
        }
      }
  return out;
}

function depthwiseInputGradient({ inputs, attrs, backend }: InputCall): tf.TensorInfo {
  const dy = inputs.dy;
  const filter = inputs.filter;
  const info = tf.backend_util.computeConv2DInfo(
    attrs.inputShape,
    filter.shape as Shape4,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
    true,
  );
  const out = backend.makeOutput(attrs.inputShape, 'float32');
  const ys = backend.typedArrayFromHeap(dy);
  const ws = backend.typedArrayFromHeap(filter);
  const xs = backend.typedArrayFromHeap(out).fill(0);
  const c1 = info.inChannels;
  const c2 = info.outChannels;
  const m = c2 / c1;
  for (let n = 0; n < info.batchSize; n++)
    for (let i = 0; i < info.outHeight; i++)
      for (let j = 0; j < info.outWidth; j++) {
        const y = ((n * info.outHeight + i) * info.outWidth + j) * c2;
        for (let a = 0; a < info.filterHeight; a++) {
          const h = i * info.strideHeight + a - info.padInfo.top;
          if (h < 0 || h >= info.inHeight) continue;
          for (let b = 0; b < info.filterWidth; b++) {
            const w = j * info.strideWidth + b - info.padInfo.left;
            if (w < 0 || w >= info.inWidth) continue;
            const xo = ((n * info.inHeight + h) * info.inWidth + w) * c1;
            const wo = (a * info.filterWidth + b) * c2;
            for (let o = 0; o < c2; o++) xs[xo + Math.trunc(o / m)]! += ys[y + o]! * ws[wo + o]!;
          }
        }
      }
  return out;
}
