/** The form of a layer's planner: it reads its configuration, and writes operations or refuses. */
import type { z } from 'zod';
import type { LayerNode } from '../layer-graph.js';
import type { PlanBuilder, Tensor } from '../plan-builder.js';
import { Unplannable } from '../unplannable.js';

/** What a layer has to know of the rest of the plan. */
export interface Surroundings {
  /**
   * η, where the step of plain SGD may be taken the moment a gradient is known; null: gradients are collected for an
   * optimiser.
   */
  readonly rate: number | null;
  /** Whether nothing else reads the layer's input. */
  readonly aloneOnInput: boolean;
  /** Whether it gives the model's output. */
  readonly isLast: boolean;
}

/**
 * Writes the operations of one layer.
 * @throws Unplannable if it cannot be done; the message need not name the layer
 */
export type LayerPlanner = (
  builder: PlanBuilder,
  layer: LayerNode,
  inputs: readonly Tensor[],
  surroundings: Surroundings,
) => Tensor;

/** The one input of a layer that takes one. */
export function onlyInput(inputs: readonly Tensor[]): Tensor {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1)
    throw new Unplannable(`it has ${inputs.length} inputs: it must have one`);
  return input;
}

/** @throws Unplannable naming the first setting that is not as a plan can do it */
export function settingsOf<T>(schema: z.ZodType<T>, { config }: LayerNode): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const field = String(parsed.error.issues[0]?.path[0] ?? 'configuration');
  throw new Unplannable(`${field} is ${JSON.stringify(config[field]) ?? 'not given'}`);
}
