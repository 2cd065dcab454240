/**
 * Convolution and its gradients, NHWC, any stride, dilation, padding, batch and number of channels, by our own kernels
 * (assembly/conv2d.ts, assembly/filter-gradient.ts). The stock forward kernel is slower; it is wrong for a filter of one
 * row or column with a stride and 'same' padding, and it writes outside its memory where a number is the padding of a
 * filter that is not square.
 */
import * as tf from '@tensorflow/tfjs';
import { checkBias, type ConvAttrs, type ConvGeometry, convGeometry } from '../conv-geometry.js';
import { type KernelCall, type Shape4, sizeOf, wasmKernel } from '../kernel.js';
import { type ActivationAttrs, activate } from './fused-activation.js';

const LINE = 64;
/** Bytes of one element of eight images. */
const GROUP = 32;
const PLAN_ENTRY = 12;

/** As `assembly/conv2d.ts` says; `size` is height + width of what is written. */
function scratchBytes(g: ConvGeometry, size: number): number {
  const weights = (sizeOf(g.filterShape) + Math.max(g.inChannels, g.outChannels)) * 4;
  const images = (g.inHeight * g.inWidth * g.inChannels + g.outHeight * g.outWidth * g.outChannels) * GROUP;
  return weights + images + size * PLAN_ENTRY + LINE;
}

function forward(
  { backend, native }: KernelCall<tf.NamedTensorInfoMap, ConvAttrs>,
  g: ConvGeometry,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  bias: tf.TensorInfo | undefined,
  relu: boolean,
): tf.TensorInfo {
  const y = backend.makeOutput(g.outShape, 'float32');
  if (sizeOf(g.outShape) === 0) return y;
  native.kernels.conv2d(
    native.geometry(g),
    native.address(x),
    native.address(filter),
    bias === undefined ? 0 : native.address(bias),
    relu ? 1 : 0,
    native.address(y),
    native.scratch(scratchBytes(g, g.outHeight + g.outWidth)),
  );
  return y;
}

type ForwardInputs = { x: tf.TensorInfo; filter: tf.TensorInfo };

export const conv2d = wasmKernel(tf.Conv2D, (call: KernelCall<ForwardInputs, ConvAttrs>) => {
  const { x, filter } = call.inputs;
  return forward(
    call,
    convGeometry(tf.Conv2D, x.shape, filter.shape, call.attrs),
    x,
    filter,
    undefined,
    false,
  );
});

type FusedInputs = ForwardInputs & { bias?: tf.TensorInfo; preluActivationWeights?: tf.TensorInfo };

export const fusedConv2d = wasmKernel(
  tf.FusedConv2D,
  (call: KernelCall<FusedInputs, ConvAttrs & ActivationAttrs>) => {
    const { x, filter, bias, preluActivationWeights } = call.inputs;
    const g = convGeometry(tf.FusedConv2D, x.shape, filter.shape, call.attrs);
    checkBias(tf.FusedConv2D, g, bias);
    const relu = call.attrs.activation === 'relu';
    const y = forward(call, g, x, filter, bias ?? undefined, relu);
    return relu ? y : activate(call.backend, y, call.attrs, preluActivationWeights);
  },
);

type InputGradientCall = KernelCall<
  { dy: tf.TensorInfo; filter: tf.TensorInfo },
  ConvAttrs & { inputShape: Shape4 }
>;

export const conv2dBackpropInput = wasmKernel(tf.Conv2DBackpropInput, (call: InputGradientCall) => {
  const { inputs, attrs, backend, native } = call;
  const g = convGeometry(tf.Conv2DBackpropInput, attrs.inputShape, inputs.filter.shape, attrs);
  const dx = backend.makeOutput(g.inShape, 'float32');
  if (sizeOf(g.inShape) === 0) return dx;
  native.kernels.conv2dInputGradient(
    native.geometry(g),
    native.address(inputs.dy),
    native.address(inputs.filter),
    native.address(dx),
    native.scratch(scratchBytes(g, g.inHeight + g.inWidth)),
  );
  return dx;
});

type FilterGradientCall = KernelCall<
  { x: tf.TensorInfo; dy: tf.TensorInfo },
  ConvAttrs & { filterShape: Shape4 }
>;

export const conv2dBackpropFilter = wasmKernel(tf.Conv2DBackpropFilter, (call: FilterGradientCall) => {
  const { inputs, attrs, backend, native } = call;
  const g = convGeometry(tf.Conv2DBackpropFilter, inputs.x.shape, attrs.filterShape, attrs);
  const dFilter = backend.makeOutput(g.filterShape, 'float32');
  if (sizeOf(g.outShape) === 0) {
    backend.typedArrayFromHeap(dFilter).fill(0);
    return dFilter;
  }
  const padded = (g.outWidth - 1) * g.strideWidth + (g.filterWidth - 1) * g.dilationWidth + 1;
  const sums = sizeOf(g.filterShape) * 16;
  const images = (g.inHeight * padded * g.inChannels + g.outHeight * g.outWidth * g.outChannels) * GROUP;
  native.kernels.conv2dFilterGradient(
    native.geometry(g),
    native.address(inputs.x),
    native.address(inputs.dy),
    native.address(dFilter),
    padded,
    native.scratch(LINE + sums + images),
  );
  return dFilter;
});
