/** `tf.layers.flatten`, which computes nothing. */
import * as z from 'zod';
import { countOf } from '../plan-builder.js';
import { type LayerPlanner, onlyInput, settingsOf } from './layer-planner.js';
import { channelsLast } from './schemas.js';

/** Height, width and channels lie side by side in the batch-lanes layout, as they do in a flat vector. */
export const planFlatten: LayerPlanner = (_builder, layer, inputs) => {
  settingsOf(z.object({ data_format: channelsLast.optional() }), layer);
  const x = onlyInput(inputs);
  return { shape: [countOf(x.shape)], value: x.value };
};
