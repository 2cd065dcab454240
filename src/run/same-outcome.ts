/**
 * Entries of a comparison that came to the same runs though their settings differ: ASGD and K-async with K = 1, SSP with a
 * bound out of reach. Without training, runs whose rounds closed at the same time with the same counts. That two lines of a table are equal is told rather than left to be found.
 */
import type { Summary } from '../telemetry/summary.js';
import type { RunState } from './comparison-record.js';

export interface FinishedRun {
  readonly name: string;
  readonly status: RunState['status'];
  /** Null unless it has finished. */
  readonly summary: Pick<Summary, Decisive> | null;
}

type Decisive = (typeof decisive)[number];

/** The weights alone would do where there are any. */
const decisive = [
  'weightsSha256',
  'rounds',
  'time',
  'uploads',
  'downloads',
  'restarts',
  'discarded',
  'communicationRounds',
] as const;

/** @param runs all runs of the comparison, each entry's in the order of the seeds @returns a line for each group of entries */
export function sameOutcomes(runs: readonly FinishedRun[]): readonly string[] {
  const names = [...new Set(runs.map(({ name }) => name))];
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const own = runs.filter((run) => run.name === name);
    if (own.some(({ status, summary }) => status !== 'finished' || summary === null)) continue;
    const outcome = own.map(({ summary }) => outcomeOf(summary)).join();
    groups.set(outcome, [...(groups.get(outcome) ?? []), name]);
  }
  const trained = runs.some(({ summary }) => typeof summary?.weightsSha256 === 'string');
  const same = trained ? 'to the last weight' : 'with the same counts and times';
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => `${inWords(group)} made the same runs, ${same}: here they are one method`);
}

function outcomeOf(summary: FinishedRun['summary']): string {
  const { weightsSha256 = null } = summary ?? {};
  return weightsSha256 ?? decisive.map((name) => String(summary?.[name])).join(' ');
}

function inWords(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
