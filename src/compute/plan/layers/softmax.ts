/** A softmax at the end of the model is part of the loss; anywhere else a plan cannot do it. */
import * as z from 'zod';
import type { LayerNode } from '../layer-graph.js';
import { Unplannable } from '../unplannable.js';
import { type LayerPlanner, onlyInput, settingsOf, type Surroundings } from './layer-planner.js';

/** Whether the layer ends in a softmax. */
export function hasSoftmax({ className, config }: LayerNode): boolean {
  return className === 'Softmax' || config['activation'] === 'softmax';
}

/** The activation that is left to the layer. */
export function withoutSoftmax<T extends string>(
  activation: T | 'softmax',
  { isLast }: Surroundings,
): T | 'linear' {
  if (activation !== 'softmax') return activation;
  if (!isLast) throw new Unplannable('activation is "softmax": only that of the last layer can be');
  return 'linear';
}

export const planSoftmax: LayerPlanner = (_builder, layer, inputs, surroundings) => {
  settingsOf(z.object({ axis: z.union([z.literal(1), z.literal(-1)]) }), layer);
  if (!surroundings.isLast) throw new Unplannable('a softmax must be the last layer');
  return onlyInput(inputs);
};
