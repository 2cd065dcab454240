/** Gradients of the depthwise convolution, NHWC, which the wasm backend ships without. */
import * as tf from '@tensorflow/tfjs';
import { type ConvAttrs, convGeometry } from '../conv-geometry.js';
import { type KernelCall, type Shape4, sizeOf, wasmKernel } from '../kernel.js';

const PLAN_ENTRY = 12;

type FilterGradientCall = KernelCall<{ x: tf.TensorInfo; dy: tf.TensorInfo }, ConvAttrs & { filterShape: Shape4 }>;

export const depthwiseBackpropFilter = wasmKernel(
  tf.DepthwiseConv2dNativeBackpropFilter,
  ({ inputs, attrs, backend, native }: FilterGradientCall) => {
    const name = tf.DepthwiseConv2dNativeBackpropFilter;
    const g = convGeometry(name, inputs.x.shape, attrs.filterShape, attrs, true);
    const dFilter = backend.makeOutput(g.filterShape, 'float32');
    native.kernels.depthwiseFilterGradient(
      native.geometry(g),
      native.address(inputs.x),
      native.address(inputs.dy),
      native.address(dFilter),
    );
    return dFilter;
  },
);

type InputGradientCall = KernelCall<
  { dy: tf.TensorInfo; filter: tf.TensorInfo },
  ConvAttrs & { inputShape: Shape4 }
>;

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
