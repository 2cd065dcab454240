/**
 * `tf.layers.batchNormalization` over the channels: by the batch in training, by the moving statistics in inference. In the
 * place of a weight that the layer does not have stand ones or zeros, which are never written.
 */
import * as z from 'zod';
import type { LayerPlanner } from './layer-planner.js';
import { onlyInput, settingsOf } from './layer-planner.js';
import type { Weight } from '../plan-builder.js';
import { Unplannable } from '../unplannable.js';

const settings = z.object({
  axis: z.int(),
  momentum: z.number(),
  epsilon: z.number().positive(),
  center: z.boolean(),
  scale: z.boolean(),
});
/** Two f64 per channel. */
const sumFloats = 4;

export const planBatchNorm: LayerPlanner = (builder, layer, inputs) => {
  const { axis, momentum, epsilon, center, scale: hasScale } = settingsOf(settings, layer);
  const x = onlyInput(inputs);
  const channels = x.shape.at(-1) ?? 0;
  if (axis !== -1 && axis !== x.shape.length) throw new Unplannable(`axis is ${axis}: it must be the last`);
  const weight = (name: string) => builder.weight(layer.name, name, [channels]);
  const gamma = hasScale ? weight('gamma') : null;
  const beta = center ? weight('beta') : null;
  const factors = gamma?.address ?? builder.constant(channels, 1);
  const offsets = beta?.address ?? builder.constant(channels, 0);
  const isTrained = (gamma ?? beta)?.trainable === true;

  const mean = builder.allocate(channels);
  const scale = builder.allocate(channels);
  const sums = builder.allocate(channels * sumFloats);
  const pixels = x.value.size / channels;
  x.value.uses++;
  const y = builder.tensor(x.shape, x.value.trained || isTrained, (address) => {
    const fields = {
      pixels,
      channels,
      x: x.value.address,
      y: address,
      gamma: factors,
      beta: offsets,
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
    // Both gradients are written, or none.
    const gradientOf = (each: Weight | null): number => {
      if (!isTrained) return 0;
      return each?.gradient ?? builder.allocate(channels);
    };
    const [dGamma, dBeta] = [gradientOf(gamma), gradientOf(beta)];
    const gradient = (dx: number) =>
      builder.backwards('batchNormGradient', {
        pixels,
        channels,
        x: x.value.address,
        dy,
        dx,
        gamma: factors,
        dGamma,
        dBeta,
        mean,
        scale,
        sums,
      });
    if (x.value.trained) builder.contribute(x.value, gradient);
    else gradient(0);
  });
  return y;
};
