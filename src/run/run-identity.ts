/**
 * Which run a checkpoint belongs to: what its numbers mean nothing without. Settings are compared before (`resumed-settings.ts`); a
 * model may change although its name and its file stay, so it is compared by its weights.
 */
import type { RunIdentity } from '../checkpoint/checkpoint.js';
import type { ModelInfo } from '../compute/compute.js';
import { shownValue } from '../errors.js';
import type { ResolvedTrainOptions } from './train-options.js';

export function identityOf(
  run: string,
  { mode, config, policy }: Pick<ResolvedTrainOptions, 'mode' | 'config' | 'policy'>,
  model: Pick<ModelInfo, 'name' | 'weights'>,
): RunIdentity {
  const { workers, seed, serverOptimizer } = config;
  return {
    run,
    mode,
    policy: policy.name,
    workers,
    seed,
    model: { name: model.name, weights: model.weights.map(({ name, shape }) => ({ name, shape })) },
    serverOptimizer,
  };
}

/** What tells the run of a checkpoint from this one, in a few words; null: nothing. */
export function identityDifference(was: RunIdentity, is: RunIdentity): string | null {
  for (const name of ['run', 'mode', 'policy', 'workers', 'seed', 'serverOptimizer'] as const) {
    if (was[name] !== is[name]) return `${name} was ${shownValue(was[name])}, and is ${shownValue(is[name])}`;
  }
  return modelDifference(was.model, is.model);
}

type Model = RunIdentity['model'];

function modelDifference(was: Model, is: Model): string | null {
  const [before, now] = [was, is].map(
    ({ name, weights }) => `${name} with ${sizeOf(weights)} weights in ${weights.length} tensors`,
  );
  if (before !== now) return `the model was ${before}, and is ${now}`;
  const other = was.weights.findIndex(({ shape }, index) => shown(shape) !== shown(is.weights[index]?.shape));
  const [one, two] = [was.weights[other], is.weights[other]];
  if (one === undefined) return null;
  return `of the model, ${one.name} was ${shown(one.shape)}, and ${two?.name} is ${shown(two?.shape)}`;
}

function sizeOf(weights: Model['weights']): number {
  return weights.reduce((sum, { shape }) => sum + shape.reduce((size, length) => size * length, 1), 0);
}

function shown(shape: readonly number[] | undefined): string {
  return `[${shape?.join(', ') ?? ''}]`;
}
