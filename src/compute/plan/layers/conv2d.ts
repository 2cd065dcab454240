/** `tf.layers.conv2d`. */
import * as z from 'zod';
import {
  gradientFloats,
  packedFloats,
  passFloats,
  sumsFloats,
  winogradTiles,
} from '../../wasm-training/conv-scratch.js';
import type { Window } from '../operations.js';
import { type Activation, type PlanBuilder, type Tensor, type Weight } from '../plan-builder.js';
import { windowOver } from '../window.js';
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

export interface Convolution {
  readonly x: Tensor;
  readonly g: Window;
  readonly filter: Weight;
  readonly bias: Weight | null;
  readonly activation: Activation | 'linear';
}

/** Writes the operations of a convolution, forward and backward. */
export function convolve(builder: PlanBuilder, { x, g, filter, bias, activation }: Convolution): Tensor {
  const tiles = winogradTiles(g);
  const [packed, scratch] = builder.scratch(packedFloats(g, tiles), passFloats(g, tiles));
  x.value.uses++;
  const shape = [g.outHeight, g.outWidth, g.outChannels];
  const y = builder.tensor(shape, x.value.trained || filter.trainable, (address) => [
    builder.forwards('convolution', {
      ...g,
      x: x.value.address,
      filter: filter.address,
      bias: bias?.address ?? 0,
      y: address,
      relu: 0,
      ...axisPlans(builder, g, 'output'),
      packed,
      tiles,
      scratch,
    }),
  ]);
  if (activation !== 'linear') builder.activateInPlace(y.value, activation);

  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    if (filter.trainable) {
      const [sums, work] = builder.scratch(sumsFloats(g, tiles), gradientFloats(g, tiles));
      builder.backwards('filterGradient', {
        ...g,
        x: x.value.address,
        dy,
        dFilter: filter.gradient,
        dBias: bias?.gradient ?? 0,
        tiles,
        sums,
        scratch: work,
      });
    }
    builder.contribute(x.value, (dx) =>
      builder.backwards('convolutionInputGradient', {
        ...g,
        dy,
        filter: filter.address,
        dx,
        ...axisPlans(builder, g, 'input'),
        packed,
        tiles,
        scratch,
      }),
    );
  });
  return y;
}

/** Tables of which taps reach inside, for every row and column of the output, or of the input going backward. */
export function axisPlans(
  builder: PlanBuilder,
  g: Window,
  of: 'output' | 'input',
): { readonly rowPlan: number; readonly columnPlan: number } {
  const plan = (
    [out, inside]: readonly [number, number],
    taps: number,
    stride: number,
    dilation: number,
    pad: number,
  ): number => {
    const wordsPerEntry = 3;
    const forward = of === 'output';
    const destinationSize = forward ? out : inside;
    const address = builder.allocate(destinationSize * wordsPerEntry);
    builder.prepareWith('axisPlan', {
      plan: address,
      destinationSize,
      sourceSize: forward ? inside : out,
      taps,
      multiplier: forward ? stride : 1,
      offset: forward ? pad : (taps - 1) * dilation - pad,
      dilation,
      divisor: forward ? 1 : stride,
    });
    return address;
  };
  return {
    rowPlan: plan([g.outHeight, g.inHeight], g.filterHeight, g.strideHeight, g.dilationHeight, g.padTop),
    columnPlan: plan([g.outWidth, g.inWidth], g.filterWidth, g.strideWidth, g.dilationWidth, g.padLeft),
  };
}
