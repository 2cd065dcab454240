/** `tf.layers.depthwiseConv2d`, and `tf.layers.separableConv2d`, which is one without bias and then a convolution of 1×1. */
import * as z from 'zod';
import type { PlanBuilder, Tensor } from '../plan-builder.js';
import { windowOver } from '../window.js';
import { convolve } from './conv2d.js';
import { type Convolution, writeConvolution } from './convolution.js';
import { type LayerPlanner, onlyInput, settingsOf } from './layer-planner.js';
import { activation, channelsLast, padding, pair } from './schemas.js';

const shared = z.object({
  kernel_size: pair,
  strides: pair,
  padding,
  data_format: channelsLast,
  use_bias: z.boolean(),
  activation,
});
const depthwiseSettings = shared.extend({ depth_multiplier: z.int().positive() });
const separableSettings = shared.extend({ filters: z.int().positive(), dilation_rate: pair });

/** TensorFlow.js 4.22 ignores this layer's `dilationRate`: so does the plan. */
export const planDepthwiseConv2d: LayerPlanner = (builder, layer, inputs) => {
  const config = settingsOf(depthwiseSettings, layer);
  const { kernel_size: size, strides, padding, depth_multiplier: multiplier, activation } = config;
  const x = onlyInput(inputs);
  const inChannels = x.shape[2] ?? 0;
  const outChannels = inChannels * multiplier;
  const g = windowOver({ input: x.shape, outChannels, size, strides, dilation: [1, 1], padding });
  const filter = builder.weight(layer.name, 'depthwise_kernel', [...size, inChannels, multiplier]);
  const bias = config.use_bias ? builder.weight(layer.name, 'bias', [outChannels]) : null;
  return convolveDepthwise(builder, { x, g, filter, bias, activation });
};

export const planSeparableConv2d: LayerPlanner = (builder, layer, inputs) => {
  const config = settingsOf(separableSettings, layer);
  const { kernel_size: size, strides, padding, dilation_rate: dilation, filters, activation } = config;
  const x = onlyInput(inputs);
  const inChannels = x.shape[2] ?? 0;
  // The layer's JSON does not tell its depth multiplier; its weight does.
  const multiplier = builder.shapeOf(layer.name, 'depthwise_kernel')[3] || 1;
  const wide = inChannels * multiplier;
  const g = windowOver({ input: x.shape, outChannels: wide, size, strides, dilation, padding });
  const depthwise = builder.weight(layer.name, 'depthwise_kernel', [...size, inChannels, multiplier]);
  const pointwise = builder.weight(layer.name, 'pointwise_kernel', [1, 1, wide, filters]);
  const bias = config.use_bias ? builder.weight(layer.name, 'bias', [filters]) : null;

  const middle = convolveDepthwise(builder, { x, g, filter: depthwise, bias: null, activation: 'linear' });
  const onePixel = windowOver({
    input: middle.shape,
    outChannels: filters,
    size: [1, 1],
    strides: [1, 1],
    dilation: [1, 1],
    padding: 'valid',
  });
  return convolve(builder, { x: middle, g: onePixel, filter: pointwise, bias, activation });
};

/** A convolution of each channel by itself. */
function convolveDepthwise(builder: PlanBuilder, convolution: Convolution): Tensor {
  const { filter, g } = convolution;
  return writeConvolution(builder, convolution, {
    forward: (fields) => builder.forwards('depthwise', fields),
    filterGradient: (fields) => {
      const sums = builder.allocate((filter.count + g.outChannels) * 4);
      builder.backwards('depthwiseFilterGradient', { ...fields, sums });
    },
    inputGradient: (fields) => builder.backwards('depthwiseInputGradient', fields),
  });
}
