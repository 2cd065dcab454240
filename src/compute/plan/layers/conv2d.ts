/** `tf.layers.conv2d`. */
import * as z from 'zod';
import {
  gradientFloats,
  packedFloats,
  passFloats,
  sumsFloats,
  winogradTiles,
} from '../../wasm-training/conv-scratch.js';
import type { PlanBuilder, Tensor } from '../plan-builder.js';
import { windowOver } from '../window.js';
import { type Convolution, writeConvolution } from './convolution.js';
import { type LayerPlanner, onlyInput, settingsOf } from './layer-planner.js';
import { activation, channelsLast, padding, pair } from './schemas.js';

const settings = z.object({
  filters: z.int().positive(),
  kernel_size: pair,
  strides: pair,
  padding,
  dilation_rate: pair,
  data_format: channelsLast,
  use_bias: z.boolean(),
  activation,
});

export const planConv2d: LayerPlanner = (builder, layer, inputs) => {
  const config = settingsOf(settings, layer);
  const x = onlyInput(inputs);
  const g = windowOver({
    input: x.shape,
    outChannels: config.filters,
    size: config.kernel_size,
    strides: config.strides,
    dilation: config.dilation_rate,
    padding: config.padding,
  });
  const filter = builder.weight(layer.name, 'kernel', [...config.kernel_size, g.inChannels, g.outChannels]);
  const bias = config.use_bias ? builder.weight(layer.name, 'bias', [g.outChannels]) : null;
  return convolve(builder, { x, g, filter, bias, activation: config.activation });
};

/** A convolution over all channels. */
export function convolve(builder: PlanBuilder, convolution: Convolution): Tensor {
  const { g } = convolution;
  const tiles = winogradTiles(g);
  const [packed, scratch] = builder.scratch(packedFloats(g, tiles), passFloats(g, tiles));
  return writeConvolution(builder, convolution, {
    forward: (fields) => builder.forwards('convolution', { ...fields, packed, tiles, scratch }),
    filterGradient: (fields) => {
      const [sums, work] = builder.scratch(sumsFloats(g, tiles), gradientFloats(g, tiles));
      builder.backwards('filterGradient', { ...fields, tiles, sums, scratch: work });
    },
    inputGradient: (fields) =>
      builder.backwards('convolutionInputGradient', { ...fields, packed, tiles, scratch }),
  });
}
