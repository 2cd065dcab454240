/**
 * Depthwise convolution and its gradients, NHWC. The wasm backend ships without the gradients, and its forward kernel has
 * the faults of the stock convolution (conv2d.ts).
 */
import * as tf from '@tensorflow/tfjs';
import { checkBias, convGeometry } from '../conv-geometry.js';
import { wasmKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';
import { addRow } from './binary.js';
import type { FilterGradientCall, ForwardCall, FusedCall, InputGradientCall } from './conv-calls.js';
import { activate } from './fused-activation.js';

const PLAN_ENTRY = 12;

function forward(name: string, { inputs, attrs, backend, native }: ForwardCall) {
  const g = convGeometry(name, inputs.x.shape, inputs.filter.shape, attrs, true);
  const y = backend.makeOutput(g.outShape, 'float32');
  if (sizeOf(g.outShape) === 0) return { g, y };
  native.kernels.depthwise(
    native.geometry(g),
    native.address(inputs.x),
    native.address(inputs.filter),
    native.address(y),
  );
  return { g, y };
}

export const depthwiseConv2d = wasmKernel(
  tf.DepthwiseConv2dNative,
  (call: ForwardCall) => forward(tf.DepthwiseConv2dNative, call).y,
);

export const fusedDepthwiseConv2d = wasmKernel(tf.FusedDepthwiseConv2D, (call: FusedCall) => {
  const { inputs, attrs, backend, native } = call;
  const { bias, preluActivationWeights } = inputs;
  const { g, y } = forward(tf.FusedDepthwiseConv2D, call);
  checkBias(tf.FusedDepthwiseConv2D, g, bias);
  if (bias === undefined || bias === null) return activate(backend, y, attrs, preluActivationWeights);
  const biased = backend.makeOutput(g.outShape, 'float32');
  const pixels = sizeOf(g.outShape) / Math.max(g.outChannels, 1);
  addRow(native, y, bias, biased, pixels, g.outChannels);
  backend.disposeData(y.dataId);
  return activate(backend, biased, attrs, preluActivationWeights);
});

export const depthwiseBackpropFilter = wasmKernel(
  tf.DepthwiseConv2dNativeBackpropFilter,
  ({ inputs, attrs, backend, native }: FilterGradientCall) => {
    const name = tf.DepthwiseConv2dNativeBackpropFilter;
    const g = convGeometry(name, inputs.x.shape, attrs.filterShape, attrs, true);
    const dFilter = backend.makeOutput(g.filterShape, 'float32');
    if (sizeOf(g.filterShape) === 0) return dFilter;
    native.kernels.depthwiseFilterGradient(
      native.geometry(g),
      native.address(inputs.x),
      native.address(inputs.dy),
      native.address(dFilter),
    );
    return dFilter;
  },
);

export const depthwiseBackpropInput = wasmKernel(
  tf.DepthwiseConv2dNativeBackpropInput,
  ({ inputs, attrs, backend, native }: InputGradientCall) => {
    const name = tf.DepthwiseConv2dNativeBackpropInput;
    const g = convGeometry(name, attrs.inputShape, inputs.filter.shape, attrs, true);
    const dx = backend.makeOutput(g.inShape, 'float32');
    if (sizeOf(g.inShape) === 0) return dx;
    native.kernels.depthwiseInputGradient(
      native.geometry(g),
      native.address(inputs.dy),
      native.address(inputs.filter),
      native.address(dx),
      native.scratch((g.inHeight + g.inWidth) * PLAN_ENTRY),
    );
    return dx;
  },
);
