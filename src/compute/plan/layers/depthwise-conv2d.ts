/** `tf.layers.depthwiseConv2d`, and `tf.layers.separableConv2d`, which is one without bias and then a convolution of 1×1. */
import * as z from 'zod';
import { type PlanBuilder, type Tensor } from '../plan-builder.js';
import { windowOver } from '../window.js';
import { axisPlans, type Convolution, convolve } from './conv2d.js';
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

function convolveDepthwise(builder: PlanBuilder, { x, g, filter, bias, activation }: Convolution): Tensor {
  x.value.uses++;
  const shape = [g.outHeight, g.outWidth, g.outChannels];
  const y = builder.tensor(shape, x.value.trained || filter.trainable, (address) => [
    builder.forwards('depthwise', {
      ...g,
      x: x.value.address,
      filter: filter.address,
      bias: bias?.address ?? 0,
      y: address,
      relu: 0,
      ...axisPlans(builder, g, 'output'),
    }),
  ]);
  if (activation !== 'linear') builder.activateInPlace(y.value, activation);

  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    if (filter.trainable) {
      builder.backwards('depthwiseFilterGradient', {
        ...g,
        x: x.value.address,
        dy,
        dFilter: filter.gradient,
        dBias: bias?.gradient ?? 0,
        sums: builder.allocate((filter.count + g.outChannels) * 4),
      });
    }
    builder.contribute(x.value, (dx) =>
      builder.backwards('depthwiseInputGradient', {
        ...g,
        dy,
        filter: filter.address,
        dx,
        ...axisPlans(builder, g, 'input'),
      }),
    );
  });
  return y;
}
