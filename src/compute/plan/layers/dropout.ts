/**
 * `tf.layers.dropout`, with the masks of TensorFlow.js: each layer has a generator of its own in every step, seeded from
 * `Math.random` unless the layer has a seed. In inference nothing is dropped, nor with a rate of 0 or, in TensorFlow.js
 * 4.22, of 1 and more.
 */
import * as z from 'zod';
import { type LayerPlanner, onlyInput, settingsOf } from './layer-planner.js';

const settings = z.object({
  rate: z.number(),
  noise_shape: z.null().optional(),
  seed: z.number().nullish(),
});
/** Three f64. */
const stateFloats = 6;

export const planDropout: LayerPlanner = (builder, layer, inputs) => {
  const { rate, seed } = settingsOf(settings, layer);
  const x = onlyInput(inputs);
  if (rate <= 0 || rate >= 1) return x;

  const { size } = x.value;
  const state = builder.allocate(stateFloats);
  const mask = builder.allocateValue(size);
  builder.dropouts.push({ address: state, seed: seed ?? null });
  x.value.uses++;
  const y = builder.tensor(x.shape, x.value.trained, (address) => {
    builder.forwardsInTraining('dropout', {
      size,
      keep: 1 - rate,
      state,
      x: x.value.address,
      y: address,
      mask,
    });
    builder.forwardsInInference('copy', { size, from: x.value.address, to: address });
    return null;
  });
  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    builder.contribute(x.value, (dx) => builder.backwards('multiply', { size, a: dy, b: mask, y: dx }));
  });
  return y;
};
