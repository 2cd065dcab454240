/** `tf.layers.batchNormalization` over the channels: by the batch in training, by the moving statistics in inference. */
import * as z from 'zod';
import type { LayerPlanner } from './layer-planner.js';
import { onlyInput, settingsOf } from './layer-planner.js';
import { Unplannable } from '../unplannable.js';

const settings = z.object({
  axis: z.int(),
  momentum: z.number(),
  epsilon: z.number().positive(),
  center: z.literal(true),
  scale: z.literal(true),
});
/** Two f64 per channel. */
const sumFloats = 4;

export const planBatchNorm: LayerPlanner = (builder, layer, inputs) => {
  const { axis, momentum, epsilon } = settingsOf(settings, layer);
  const x = onlyInput(inputs);
  const channels = x.shape.at(-1) ?? 0;
  if (axis !== -1 && axis !== x.shape.length) throw new Unplannable(`axis is ${axis}: it must be the last`);
  const weight = (name: string) => builder.weight(layer.name, name, [channels]);
  const [gamma, beta] = [weight('gamma'), weight('beta')];

  const mean = builder.allocate(channels);
  const scale = builder.allocate(channels);
  const sums = builder.allocate(channels * sumFloats);
  const pixels = x.value.size / channels;
  x.value.uses++;
  const y = builder.tensor(x.shape, x.value.trained || gamma.trainable, (address) => {
    const fields = {
      pixels,
      channels,
      x: x.value.address,
      y: address,
      gamma: gamma.address,
      beta: beta.address,
      movingMean: weight('moving_mean').address,
      movingVariance: weight('moving_variance').address,
      mean,
      scale,
      sums,
      epsilon,
      decay: 1 - momentum,
      relu: 0,
    };
    return [
      builder.forwardsInTraining('batchNorm', fields),
      builder.forwardsInInference('batchNormInference', fields),
    ];
  });

  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    const gradient = (dx: number) =>
      builder.backwards('batchNormGradient', {
        pixels,
        channels,
        x: x.value.address,
        dy,
        dx,
        gamma: gamma.address,
        dGamma: gamma.trainable ? gamma.gradient : 0,
        dBeta: beta.gradient,
        mean,
        scale,
        sums,
      });
    if (x.value.trained) builder.contribute(x.value, gradient);
    else gradient(0);
  });
  return y;
};
