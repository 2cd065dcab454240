/**
 * `tf.layers.dense` on a vector. With plain SGD its weights take their step the moment their gradient is summed, so that
 * the gradient of the largest matrices is never stored.
 */
import * as z from 'zod';
import { lanes } from '../plan-builder.js';
import { Unplannable } from '../unplannable.js';
import { type LayerPlanner, onlyInput, settingsOf } from './layer-planner.js';
import { lastActivation } from './schemas.js';
import { withoutSoftmax } from './softmax.js';

const settings = z.object({ units: z.int().positive(), use_bias: z.boolean(), activation: lastActivation });
const panelFloats = 257 * 4;

export const planDense: LayerPlanner = (builder, layer, inputs, surroundings) => {
  const { rate } = surroundings;
  const config = settingsOf(settings, layer);
  const activation = withoutSoftmax(config.activation, surroundings);
  const x = onlyInput(inputs);
  const [ins] = x.shape;
  if (x.shape.length !== 1 || ins === undefined) {
    throw new Unplannable(`its input has shape [${x.shape.join(', ')}]: it must be flat`);
  }
  const outs = config.units;
  const weights = builder.weight(layer.name, 'kernel', [ins, outs]);
  const bias = config.use_bias ? builder.weight(layer.name, 'bias', [outs]) : null;
  x.value.uses++;
  const y = builder.tensor([outs], x.value.trained || weights.trainable, (address) => [
    builder.forwards('dense', {
      ins,
      outs,
      x: x.value.address,
      weights: weights.address,
      bias: bias?.address ?? 0,
      y: address,
      relu: 0,
      panel: builder.allocate(panelFloats),
    }),
  ]);
  if (activation !== 'linear') builder.activateInPlace(y.value, activation);

  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    // Before the step: the input's gradient is that of the weights as they were.
    builder.contribute(x.value, (dx) =>
      builder.backwards('denseInputGradient', { ins, outs, dy, weights: weights.address, dx }),
    );
    if (!weights.trainable) return;
    builder.backwards('denseGradient', {
      ins,
      outs,
      x: x.value.address,
      dy,
      dWeights: rate === null ? weights.gradient : 0,
      dBias: bias?.gradient ?? 0,
      weights: weights.address,
      bias: bias?.address ?? 0,
      rate: rate ?? 0,
      rows: builder.allocate(builder.groups * lanes * Math.ceil(outs / 8) * 8),
    });
    if (rate !== null) builder.stepTaken(weights, ...(bias === null ? [] : [bias]));
  });
  return y;
};
