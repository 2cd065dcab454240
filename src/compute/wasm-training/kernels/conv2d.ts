/**
 * Convolution and its gradients, NHWC, any stride, dilation, padding, batch and number of channels, by our own kernels
 * (assembly/conv2d.ts). The stock forward kernel is slower; it is wrong for a filter of one
 * row or column with a stride and 'same' padding, and it writes outside its memory where a number is the padding of a
 * filter that is not square.
 */
import * as tf from '@tensorflow/tfjs';
import { checkBias, type ConvAttrs, type ConvGeometry, convGeometry } from '../conv-geometry.js';
import { gradientFloats, packedFloats, passFloats, sumsFloats, winogradTiles } from '../conv-scratch.js';
import { type KernelCall, wasmKernel } from '../kernel.js';
import type { Native } from '../native.js';
import { sizeOf } from '../shapes.js';
import type { FilterGradientCall, ForwardCall, FusedCall, InputGradientCall } from './conv-calls.js';
import { activate } from './fused-activation.js';

/** Floats of an entry for a row or column. */
const PLAN_ENTRY = 3;
/** Images in the lanes. */
const LANES = 8;

/** Floats of eight images of x and of y. */
function groupFloats(g: ConvGeometry): number {
  return (g.inHeight * g.inWidth * g.inChannels + g.outHeight * g.outWidth * g.outChannels) * LANES;
}

/** Where the filter goes, the algorithm works, a group of x and y lies, and the plans of the axes. */
type PassScratch = readonly [packed: number, work: number, groups: number, plans: number];

/** Memory of a pass in either direction; `size` is height + width of what is written. */
function passScratch(native: Native, g: ConvGeometry, tiles: number, size: number): PassScratch {
  return native.scratchParts([
    packedFloats(g, tiles),
    passFloats(g, tiles),
    groupFloats(g),
    size * PLAN_ENTRY,
  ]);
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
  const tiles = winogradTiles(g);
  const [packed, work, groups, plans] = passScratch(native, g, tiles, g.outHeight + g.outWidth);
  native.kernels.conv2d(
    native.geometry(g),
    native.address(x),
    native.address(filter),
    bias === undefined ? 0 : native.address(bias),
    relu,
    native.address(y),
    tiles,
    packed,
    work,
    groups,
    plans,
  );
  return y;
}

export const conv2d = wasmKernel(tf.Conv2D, (call: ForwardCall) => {
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

export const fusedConv2d = wasmKernel(tf.FusedConv2D, (call: FusedCall) => {
  const { x, filter, bias, preluActivationWeights } = call.inputs;
  const g = convGeometry(tf.FusedConv2D, x.shape, filter.shape, call.attrs);
  checkBias(tf.FusedConv2D, g, bias);
  const relu = call.attrs.activation === 'relu';
  const y = forward(call, g, x, filter, bias ?? undefined, relu);
  return relu ? y : activate(call.backend, y, call.attrs, preluActivationWeights);
});

export const conv2dBackpropInput = wasmKernel(tf.Conv2DBackpropInput, (call: InputGradientCall) => {
  const { inputs, attrs, backend, native } = call;
  const g = convGeometry(tf.Conv2DBackpropInput, attrs.inputShape, inputs.filter.shape, attrs);
  const dx = backend.makeOutput(g.inShape, 'float32');
  if (sizeOf(g.inShape) === 0) return dx;
  const tiles = winogradTiles(g);
  const [packed, work, groups, plans] = passScratch(native, g, tiles, g.inHeight + g.inWidth);
  native.kernels.conv2dInputGradient(
    native.geometry(g),
    native.address(inputs.dy),
    native.address(inputs.filter),
    native.address(dx),
    tiles,
    packed,
    work,
    groups,
    plans,
  );
  return dx;
});

export const conv2dBackpropFilter = wasmKernel(tf.Conv2DBackpropFilter, (call: FilterGradientCall) => {
  const { inputs, attrs, backend, native } = call;
  const g = convGeometry(tf.Conv2DBackpropFilter, inputs.x.shape, attrs.filterShape, attrs);
  const dFilter = backend.makeOutput(g.filterShape, 'float32');
  if (sizeOf(g.outShape) === 0) {
    backend.typedArrayFromHeap(dFilter).fill(0);
    return dFilter;
  }
  const tiles = winogradTiles(g);
  const [sums, work, groups] = native.scratchParts([
    sumsFloats(g, tiles),
    gradientFloats(g, tiles),
    groupFloats(g),
  ]);
  native.kernels.conv2dFilterGradient(
    native.geometry(g),
    native.address(inputs.x),
    native.address(inputs.dy),
    native.address(dFilter),
    tiles,
    sums,
    work,
    groups,
  );
  return dFilter;
});
