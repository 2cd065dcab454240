/**
 * Batch normalisation with one mean, variance, offset and scale per channel, and its whole gradient in two passes;
 * TensorFlow.js composes that of some thirty kernels. Statistics of any other shape are left to the stock kernel.
 */
import * as tf from '@tensorflow/tfjs';
import { StalewartError } from '../../../errors.js';
import { type KernelCall, wasmKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';
import type { Native } from '../native.js';
import { multiplyRow } from './binary.js';

type BatchNormInputs = { x: tf.TensorInfo; mean: tf.TensorInfo; variance: tf.TensorInfo };
type BatchNormAttrs = { varianceEpsilon: number };
type ForwardCall = KernelCall<
  BatchNormInputs & { scale?: tf.TensorInfo; offset?: tf.TensorInfo },
  BatchNormAttrs
>;

/** Whether the statistics are one number per channel, the last axis. */
export function isPerChannel(x: tf.TensorInfo, mean: tf.TensorInfo): boolean {
  return mean.shape.length === 1 && mean.shape[0] === x.shape.at(-1) && x.dtype === 'float32';
}

export const fusedBatchNorm = wasmKernel(tf.FusedBatchNorm, (call: ForwardCall) => {
  const { inputs, attrs, backend, native } = call;
  const { x, mean, variance, scale, offset } = inputs;
  assertFloats(x);
  if (!isPerChannel(x, mean) || sizeOf(x.shape) === 0) return call.stock();
  const channels = mean.shape[0] ?? 0;
  const y = backend.makeOutput(x.shape, 'float32');
  const factor = backend.makeOutput(mean.shape, 'float32');
  const shift = backend.makeOutput(mean.shape, 'float32');
  backend.typedArrayFromHeap(factor).set(factors(call, variance, scale, attrs.varianceEpsilon));
  const shifts = backend.typedArrayFromHeap(shift);
  if (offset === undefined || offset === null) shifts.fill(0);
  else shifts.set(backend.typedArrayFromHeap(offset));
  native.kernels.normalize(
    native.address(x),
    native.address(mean),
    native.address(factor),
    native.address(shift),
    native.address(y),
    sizeOf(x.shape) / channels,
    channels,
  );
  backend.disposeData(factor.dataId);
  backend.disposeData(shift.dataId);
  return y;
});

/** The stock kernel reads the bits of other numbers as if they were float32. @throws StalewartError MODEL */
function assertFloats({ dtype }: tf.TensorInfo): void {
  if (dtype === 'float32') return;
  throw new StalewartError(
    'MODEL',
    `FusedBatchNorm: x is ${dtype}: it must be float32 (tf.cast makes it so)`,
    {
      field: 'x',
      value: dtype,
      allowed: 'float32',
    },
  );
}

/** scale / √(variance + ε) of each channel. */
function factors(
  { backend }: { readonly backend: KernelCall<object, object>['backend'] },
  variance: tf.TensorInfo,
  scale: tf.TensorInfo | undefined | null,
  epsilon: number,
): Float32Array {
  const variances = backend.typedArrayFromHeap(variance);
  const scales = scale === undefined || scale === null ? undefined : backend.typedArrayFromHeap(scale);
  return Float32Array.from(variances, (value, i) => (scales?.[i] ?? 1) / Math.sqrt(value + epsilon));
}

export const BATCH_NORM_GRADIENT = 'StalewartBatchNormGradient';

type GradientCall = KernelCall<BatchNormInputs & { dy: tf.TensorInfo; scale: tf.TensorInfo }, BatchNormAttrs>;

/** Gives the gradients by x, mean, variance, scale and offset, in this order. */
export const batchNormGradient = wasmKernel(BATCH_NORM_GRADIENT, (call: GradientCall) => {
  const { inputs, attrs, backend, native } = call;
  const { dy, x, mean, variance, scale } = inputs;
  const channels = mean.shape[0] ?? 0;
  const rows = sizeOf(x.shape) / Math.max(channels, 1);
  const perChannel = () => backend.makeOutput(mean.shape, 'float32');
  const dx = backend.makeOutput(x.shape, 'float32');
  const [dMean, dVariance, dScale, dOffset] = [perChannel(), perChannel(), perChannel(), perChannel()];
  // The sums lie in the gradients that they are turned into below.
  sumRows(native, inputs, dOffset, dScale, rows, channels);
  const factor = factors(call, variance, scale, attrs.varianceEpsilon);
  const inverse = factors(call, variance, undefined, attrs.varianceEpsilon);
  const sums = backend.typedArrayFromHeap(dOffset);
  const products = backend.typedArrayFromHeap(dScale);
  const dMeans = backend.typedArrayFromHeap(dMean);
  const dVariances = backend.typedArrayFromHeap(dVariance);
  for (let i = 0; i < channels; i++) {
    const sum = sums[i] ?? 0;
    const product = products[i] ?? 0;
    const f = factor[i] ?? 0;
    const r = inverse[i] ?? 0;
    dMeans[i] = -f * sum;
    dVariances[i] = -0.5 * r * r * f * product;
    products[i] = r * product;
  }
  const row = backend.makeOutput(mean.shape, 'float32');
  backend.typedArrayFromHeap(row).set(factor);
  multiplyRow(native, dy, row, dx, rows, channels);
  backend.disposeData(row.dataId);
  return [dx, dMean, dVariance, dScale, dOffset];
});

function sumRows(
  native: Native,
  { dy, x, mean }: { readonly dy: tf.TensorInfo; readonly x: tf.TensorInfo; readonly mean: tf.TensorInfo },
  sums: tf.TensorInfo,
  products: tf.TensorInfo,
  rows: number,
  channels: number,
): void {
  native.kernels.batchNormSums(
    native.address(dy),
    native.address(x),
    native.address(mean),
    native.address(sums),
    native.address(products),
    rows,
    channels,
  );
}
