/** Policies and laws whose time per round is known, with what theory says of it. */
import type { TimingRun } from '../support/timing-run.js';
import { orderStatistic, totalOfRenewals } from './round-times.js';

export interface RoundTimeCase extends TimingRun {
  /** Rounds wait for K. */
  readonly k: number;
  /** The formula, in words. */
  readonly formula: string;
  /** E[time of a round]. */
  readonly theory: number;
}

interface Law {
  readonly name: string;
  /** Of the exponential part. */
  readonly mean: number;
  readonly shift: number;
}

const exponential: Law = { name: 'exponential:mean=2', mean: 2, shift: 0 };
const shifted: Law = { name: 'shifted-exponential:shift=0.5,mean=1', mean: 1, shift: 0.5 };

const rounds = 100_000;

let seed = 100;

function timing(
  policy: string,
  { workers, k, law, formula, theory }: Omit<RoundTimeCase, keyof TimingRun> & { workers: number; law: Law },
  settings: object = { waitCount: k },
): RoundTimeCase {
  // Of its own for each, so that one unlucky draw is not met again and again.
  seed += 1;
  return { policy, settings: { workers, ...settings }, law: law.name, rounds, seed, k, formula, theory };
}

const laws = [exponential, shifted];

export const roundTimeCases: readonly RoundTimeCase[] = [
  ...laws.map((law) => {
    const [workers, k] = [6, 3];
    const theory = orderStatistic(k, workers, law.mean, law.shift);
    return timing('k-sync', { workers, k, law, formula: 'E[X_{K:N}]', theory });
  }),
  ...laws.map((law) => {
    const [workers, k] = [6, 3];
    const theory = orderStatistic(k, workers, law.mean, law.shift);
    const settings = { waitCount: k, maxStaleness: 1 };
    return timing('abs', { workers, k, law, formula: 'E[X_{K:N}], as τ_max = 1', theory }, settings);
  }),
  ...laws.map((law) => {
    const workers = 4;
    const theory = orderStatistic(workers, workers, law.mean, law.shift);
    return timing('sync', { workers, k: workers, law, formula: 'E[X_{N:N}]', theory }, {});
  }),
  timing('k-async', {
    workers: 6,
    k: 3,
    law: exponential,
    formula: 'E[X_{K:N}], as no time is remembered',
    theory: orderStatistic(3, 6, exponential.mean),
  }),
  timing('k-batch-sync', {
    workers: 4,
    k: 5,
    law: exponential,
    formula: 'K·E[X] / N',
    theory: (5 * exponential.mean) / 4,
  }),
  timing('k-batch-sync', {
    workers: 4,
    k: 5,
    law: shifted,
    formula: '∫ P(N renewals < K) dt',
    theory: totalOfRenewals(5, 4, shifted.mean, shifted.shift),
  }),
  ...laws.map((law) => {
    const [workers, k] = [4, 3];
    const theory = (k * (law.mean + law.shift)) / workers;
    return timing('k-batch-async', { workers, k, law, formula: 'K·E[X] / N', theory });
  }),
  ...laws.map((law) => {
    const workers = 8;
    const theory = (law.mean + law.shift) / workers;
    return timing('asgd', { workers, k: 1, law, formula: 'E[X] / N', theory }, {});
  }),
];
