/**
 * What of the paper's claims the runs bear out. A claim is about two series with the same seeds, so it is judged seed by seed:
 * it holds if it does for every seed, fails if the contrary does for every seed, and is undecided otherwise. Where a run does not
 * reach the accuracy, it needs more than any that does.
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
  const [ours, theirs] = [left, right].map((entry) => measure.of(entry)[accuracy]?.values ?? []);
  const signs = (ours ?? []).map((value, seed) => Math.sign(orNever(theirs?.[seed]) - orNever(value)) || 0);
  if (signs.length === 0) return 'undecided';
  if (signs.every((sign) => sign > 0)) return 'holds';
  return signs.every((sign) => sign < 0) ? 'fails' : 'undecided';
}

function orNever(value: number | null | undefined): number {
  return value ?? Number.MAX_VALUE;
}

/** The highest accuracy step that every run of these series reached; null: there is none. */
export function commonAccuracy(entries: readonly Entry[]): string | null {
  const steps = Object.keys(entries[0]?.timeToAccuracy ?? {}).toSorted();
  const reached = steps.filter((step) =>
    entries.every(({ timeToAccuracy, seeds }) => timeToAccuracy[step]?.reached === seeds.length),
  );
  return reached.at(-1) ?? null;
}
