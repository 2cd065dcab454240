/** Figure 1 of the paper: K = 1 and bounds on staleness that never change, from 1 (everybody restarts at every commit) to none. */
import { mean } from 'simple-statistics';
import { join } from 'node:path';
import type { CompareEntry, CompareOptions } from '../../src/index.js';
import type { ComparisonRecord } from '../../src/telemetry/comparison-file.js';
import { common, type Effort, type Law } from './design.js';
import { meanAccuracy } from './choose.js';

function entries(
  { thresholds }: Effort,
  learningRate: number,
  name: (bound: number) => string,
): CompareEntry[] {
  return thresholds.map((bound) => ({
    policy: 'abs',
    name: name(bound),
    learningRate,
    waitCount: 1,
    ...(bound === Infinity ? { a: Infinity } : { threshold: 'constant', maxStaleness: bound }),
  }));
}

function settings({ thresholdFleet, evalEveryTime, evalSamples }: Effort, { straggler }: Law) {
  const { workers, time } = thresholdFleet;
  return { ...common, workers, time, straggler, evalEveryTime, evalSamples } as const;
}

export function thresholdComparison(effort: Effort, law: Law, learningRate: number): CompareOptions {
  const name = (bound: number): string => (bound === Infinity ? 'no-bound' : `tau_max-${bound}`);
  return { ...settings(effort, law), compare: entries(effort, learningRate, name) };
}

/** The rate that is best over all bounds, on the seeds for choosing, under the first law. */
export async function chooseThresholdRate(
  effort: Effort,
  folder: string,
  run: (title: string, options: CompareOptions) => Promise<ComparisonRecord>,
): Promise<number> {
  const [law] = effort.thresholdFleet.laws;
  // Every update is applied whole, so rates are smaller than where K of them are averaged.
  const rates = effort.learningRates.map((rate) => rate / 2);
  if (law === undefined || rates.length === 1) return rates[0] ?? 0.025;
  const nameOf = (rate: number) => (bound: number) =>
    `lr${rate}-tau${bound === Infinity ? '-none' : bound}`.replaceAll('.', '_');
  const record = await run('Figure 1: choosing the learning rate', {
    ...settings(effort, law),
    compare: rates.flatMap((rate) => entries(effort, rate, nameOf(rate))),
    seeds: effort.choosingSeeds,
    out: folder,
  });
  const scores = await Promise.all(
    rates.map(async (rate) => {
      const names = new Set(effort.thresholds.map(nameOf(rate)));
      const runs = record.runs.filter(({ name }) => names.has(name));
      return mean(
        await Promise.all(runs.map(({ directory }) => meanAccuracy(join(folder, directory ?? '')))),
      );
    }),
  );
  return rates[scores.indexOf(Math.max(...scores))] ?? 0.025;
}
