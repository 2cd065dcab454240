/**
 * What of the paper's claims the runs bear out. A claim is about two series with the same seeds, so it is judged seed by seed:
 * it holds if it does for every seed, fails if the contrary does for every seed, and is undecided otherwise. Where a run does not
 * reach the accuracy, or failed, it needs more than any that does.
 */
import type { ComparisonRecord } from '../../src/telemetry/comparison-file.js';

type Entry = ComparisonRecord['entries'][number];

export const measures = [
  { name: 'time', title: 'time', of: (entry: Entry) => entry.timeToAccuracy },
  {
    name: 'communication',
    title: 'communication rounds',
    of: (entry: Entry) => entry.communicationToAccuracy,
  },
  {
    name: 'uploads',
    title: 'communication rounds without restarts',
    of: (entry: Entry) => entry.communicationToAccuracyWithoutRestarts,
  },
] as const;
export type Measure = (typeof measures)[number];

export type Verdict = 'holds' | 'fails' | 'undecided';

/** Whether `left` needs less than `right` to reach the accuracy. */
export function judge(left: Entry, right: Entry, measure: Measure, accuracy: string): Verdict {
  const seeds = [...new Set([...left.seeds, ...right.seeds])];
  const needed = (entry: Entry, seed: number): number =>
    measure.of(entry)[accuracy]?.values[entry.seeds.indexOf(seed)] ?? Number.MAX_VALUE;
  const signs = seeds.map((seed) => Math.sign(needed(right, seed) - needed(left, seed)));
  if (signs.length === 0) return 'undecided';
  if (signs.every((sign) => sign > 0)) return 'holds';
  return signs.every((sign) => sign < 0) ? 'fails' : 'undecided';
}

/**
 * How ABS does against a rival, by the highest accuracy that every run of the two reached; where there is none, by the highest that
 * every run of one of them did.
 */
export interface Judgement {
  /** `"0.45"` */
  readonly accuracy: string;
  /** Whether ABS needs less. */
  verdict(measure: Measure): Verdict;
}

/** Null: the comparison lacks one of the two, or neither reached any accuracy with every seed. */
export function compareWith(entries: readonly Entry[], rival: string): Judgement | null {
  const [abs, other] = ['abs', rival].map((name) => entries.find((entry) => entry.name === name));
  if (abs === undefined || other === undefined) return null;
  const accuracy = commonAccuracy([abs, other]) ?? commonAccuracy([abs]) ?? commonAccuracy([other]);
  if (accuracy === null) return null;
  return { accuracy, verdict: (measure) => judge(abs, other, measure, accuracy) };
}

/** The highest accuracy step that every run of these series reached; null: there is none. */
export function commonAccuracy(entries: readonly Entry[]): string | null {
  const steps = Object.keys(entries[0]?.timeToAccuracy ?? {}).toSorted();
  const reached = steps.filter((step) =>
    entries.every(({ timeToAccuracy, seeds }) => timeToAccuracy[step]?.reached === seeds.length),
  );
  return reached.at(-1) ?? null;
}
