/**
 * Entries of a comparison that came to the same runs though their settings differ: ASGD and K-async with K = 1, SSP with a
 * bound out of reach. That two lines of a table are equal is told rather than left to be found.
 */
import type { RunState } from './comparison-record.js';

export interface FinishedRun {
  readonly name: string;
  readonly status: RunState['status'];
  /** Null: it has not finished, or nothing was trained. */
  readonly weightsSha256: string | null;
}

/** @param runs all runs of the comparison, each entry's in the order of the seeds @returns a line for each group of entries */
export function sameOutcomes(runs: readonly FinishedRun[]): readonly string[] {
  const names = [...new Set(runs.map(({ name }) => name))];
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const own = runs.filter((run) => run.name === name);
    if (own.some(({ status, weightsSha256 }) => status !== 'finished' || weightsSha256 === null)) continue;
    const outcome = own.map(({ weightsSha256 }) => weightsSha256).join();
    groups.set(outcome, [...(groups.get(outcome) ?? []), name]);
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => `${inWords(group)} made the same runs, to the last weight: here they are one method`);
}

function inWords(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
