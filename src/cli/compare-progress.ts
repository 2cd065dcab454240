/**
 * How far a comparison has come: folded from its runs, for whatever shows it. The time left is estimated from what this
 * command has done: runs that were there already say nothing about it.
 */
import type { BegunRun, ComparisonInfo, EndedRun } from '../run/comparison.js';
import { goalProgress, type ProgressGoal } from '../telemetry/goal-progress.js';
import type { EvaluationRecord, RoundRecord } from '../telemetry/run-events.js';

/** What is known of one entry. */
export interface EntryProgress {
  readonly name: string;
  readonly ended: number;
  readonly failed: number;
  /** Final accuracies of its finished runs. */
  readonly accuracies: readonly number[];
}

export interface CurrentRun {
  readonly number: number;
  readonly name: string;
  readonly seed: number;
  readonly version: number;
  /** Virtual time units. */
  readonly time: number;
  readonly accuracy: number | null;
}

export interface CompareSnapshot {
  /** Of all entries and seeds. */
  readonly runs: number;
  readonly ended: number;
  readonly seeds: number;
  /** Null between two runs. */
  readonly current: CurrentRun | null;
  readonly entries: readonly EntryProgress[];
  /** 0 … 1 of all runs. */
  readonly fraction: number;
  /** Seconds on the wall. */
  readonly elapsed: number;
  readonly secondsLeft: number | null;
  readonly notice: string | null;
}

export interface CompareProgress {
  begun(run: Pick<BegunRun, 'number' | 'name' | 'seed'>, goal: ProgressGoal): void;
  round(record: Pick<RoundRecord, 'version' | 'time'>): void;
  evaluation(record: Pick<EvaluationRecord, 'testAccuracy'>): void;
  ended(run: Pick<EndedRun, 'name' | 'status' | 'kept' | 'summary'>): void;
  notice(text: string | null): void;
  /** @param elapsed seconds since this command began */
  snapshot(elapsed: number): CompareSnapshot;
}

export function createCompareProgress(
  info: Pick<ComparisonInfo, 'runs' | 'entries' | 'seeds'>,
): CompareProgress {
  const entries = new Map<string, EntryProgress>(
    info.entries.map(({ name }) => [name, { name, ended: 0, failed: 0, accuracies: [] }]),
  );
  let current: CurrentRun | null = null;
  let goal: ProgressGoal = { rounds: null, time: null, targetAccuracy: null };
  let ended = 0;
  let endedHere = 0;
  let notice: string | null = null;

  /** Of the run in hand, 0 … 1. */
  const currentFraction = (): number => {
    if (current === null) return 0;
    const { version, time } = current;
    const soFar = { version, time, roundsPerSecond: 0, timePerSecond: 0, evaluations: [] };
    return goalProgress(goal, soFar).fraction ?? 0;
  };

  return {
    begun({ number, name, seed }, newGoal) {
      goal = newGoal;
      current = { number, name, seed, version: 0, time: 0, accuracy: null };
    },
    round({ version, time }) {
      if (current !== null) current = { ...current, version, time };
    },
    evaluation({ testAccuracy }) {
      if (current !== null) current = { ...current, accuracy: testAccuracy };
    },
    ended({ name, status, kept, summary }) {
      current = null;
      if (status === 'stopped') return;
      ended += 1;
      if (!kept) endedHere += 1;
      const entry = entries.get(name);
      if (entry === undefined) return;
      const accuracy = summary?.finalAccuracy ?? null;
      entries.set(name, {
        name,
        ended: entry.ended + 1,
        failed: entry.failed + (status === 'failed' ? 1 : 0),
        accuracies: accuracy === null ? entry.accuracies : [...entry.accuracies, accuracy],
      });
    },
    notice(text) {
      notice = text;
    },
    snapshot(elapsed) {
      const { runs, seeds } = info;
      const done = endedHere + currentFraction();
      const left = runs - ended - currentFraction();
      return {
        runs,
        ended,
        seeds: seeds.length,
        current,
        entries: [...entries.values()],
        fraction: runs === 0 ? 1 : (ended + currentFraction()) / runs,
        elapsed,
        secondsLeft: left <= 0 ? 0 : done > 0 ? (elapsed / done) * left : null,
        notice,
      };
    },
  };
}
