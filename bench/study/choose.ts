/**
 * Choosing settings: every candidate is run on seeds of its own, and the one with the highest mean accuracy over all evaluations
 * (the area under the curve of accuracy against time) is taken. What is reported is never run on these seeds.
 */
import { mean } from 'simple-statistics';
import { compare, type CompareEntry } from '../../src/index.js';
import { readRun } from '../../src/telemetry/read-run.js';
import { join } from 'node:path';
import { common, type Effort, type Experiment, type Law } from './design.js';

/** Settings of one policy. */
export interface Choice {
  readonly policy: string;
  readonly learningRate: number;
  /** Null: the policy has none. */
  readonly a: number | null;
}

/** Every learning rate for every policy, and every bound for ABS. */
export function candidates(
  { policies, k0 }: Experiment,
  { learningRates, multiplesOfK0 }: Effort,
): readonly Choice[] {
  return policies.flatMap((policy) => {
    const bounds = policy === 'abs' ? multiplesOfK0.map((multiple) => multiple * k0) : [null];
    return learningRates.flatMap((learningRate) => bounds.map((a) => ({ policy, learningRate, a })));
  });
}

export function entryOf({ policy, learningRate, a }: Choice, name: string): CompareEntry {
  return { policy, name, learningRate, ...(a === null ? {} : { a }) };
}

/** Settings of a comparison of this experiment under this law, beside what is compared. */
export function settingsOf({ workers, k0, time }: Experiment, { straggler }: Law, effort: Effort) {
  const { evalEveryTime, evalSamples } = effort;
  return { ...common, workers, k0, time, straggler, evalEveryTime, evalSamples } as const;
}

/** The best candidate of each policy, in the policies' order. Where there is one candidate, it is not run. */
export async function choose(
  experiment: Experiment,
  law: Law,
  effort: Effort,
  all: readonly Choice[],
  folder: string,
): Promise<readonly Choice[]> {
  const open = all.filter(({ policy }) => all.filter((other) => other.policy === policy).length > 1);
  const scores = new Map<Choice, number>();
  if (open.length > 0) {
    const names = new Map(open.map((choice) => [nameOf(choice), choice]));
    const comparison = compare({
      ...settingsOf(experiment, law, effort),
      time: experiment.time * effort.choosingShare,
      compare: [...names].map(([name, choice]) => entryOf(choice, name)),
      seeds: effort.choosingSeeds,
      out: folder,
    });
    const { record } = await comparison.done;
    for (const [name, choice] of names) {
      const runs = record.runs.filter((run) => run.name === name);
      const accuracies = await Promise.all(
        runs.map((run) => meanAccuracy(join(folder, run.directory ?? ''))),
      );
      scores.set(choice, mean(accuracies));
    }
  }
  return experiment.policies.flatMap((policy) => {
    const own = all.filter((choice) => choice.policy === policy);
    const [best] = own.toSorted((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
    return best === undefined ? [] : [best];
  });
}

/** Of a run that diverged: that of guessing, or what it reached before. */
export async function meanAccuracy(directory: string): Promise<number> {
  const { evaluations } = await readRun(directory);
  return evaluations.length === 0 ? 0 : mean(evaluations.map(({ testAccuracy }) => testAccuracy));
}

function nameOf({ policy, learningRate, a }: Choice): string {
  const name = `${policy}-lr${learningRate}${a === null ? '' : `-a${a}`}`;
  return name.replaceAll('.', '_');
}
