/**
 * What one run reached: its summary, or, of a run that has not ended, the same figures as far as its rows go. Adds what the
 * summary lacks, communication without restarts.
 */
import type { EvaluationRow } from '../telemetry/csv-tables.js';
import type { StoredRun } from '../telemetry/read-run.js';
import { accuracySteps, type Summary } from '../telemetry/summary.js';
import type { JournalFacts } from './journal-facts.js';

export interface Outcome {
  /** `unfinished`: it goes on or was killed. */
  readonly status: Summary['status'] | 'unfinished';
  readonly reason: string;
  readonly rounds: number;
  /** When the last round closed, in the run's time. */
  readonly time: number;
  /** Of the final model, or of the last one evaluated if the run has not ended. */
  readonly finalAccuracy: number | null;
  readonly finalLoss: number | null;
  /** The paper's count: workers that uploaded or were restarted in a round, summed over rounds. */
  readonly communicationRounds: number;
  /** The same without workers that were only restarted; null without a journal. */
  readonly uploadRounds: number | null;
  readonly uploads: number;
  readonly downloads: number;
  readonly restarts: number;
  /** Null if neither summary nor journal tells. */
  readonly discarded: number | null;
  /** What it had taken when each accuracy step was first met; keys as in `accuracySteps`, null where not reached. */
  readonly toAccuracy: Readonly<Record<Cost, Readonly<Record<string, number | null>>>>;
}

/** What reaching an accuracy costs. */
export type Cost = 'time' | 'communicationRounds' | 'uploadRounds';

export function outcomeOf(
  { rounds, evaluations, summary }: StoredRun,
  journal: JournalFacts | null,
): Outcome {
  const lastRound = rounds.at(-1);
  const lastEvaluation = evaluations.at(-1);
  const final = summary ?? {
    finalAccuracy: finite(lastEvaluation?.testAccuracy),
    finalLoss: finite(lastEvaluation?.testLoss),
  };
  const counts = summary ?? lastRound;
  return {
    status: summary?.status ?? 'unfinished',
    reason: summary?.reason ?? '',
    rounds: summary?.rounds ?? lastRound?.version ?? 0,
    time: counts?.time ?? 0,
    finalAccuracy: final.finalAccuracy,
    finalLoss: final.finalLoss,
    communicationRounds: counts?.communicationRounds ?? 0,
    uploadRounds: journal?.uploadRounds ?? null,
    uploads: counts?.uploads ?? 0,
    downloads: counts?.downloads ?? 0,
    restarts: counts?.restarts ?? 0,
    discarded: summary?.discarded ?? journal?.discarded ?? null,
    toAccuracy: {
      time: whenReached(evaluations, ({ time }) => time),
      communicationRounds: whenReached(evaluations, (row) => row.communicationRounds),
      uploadRounds: whenReached(evaluations, ({ version }) => journal?.uploadRoundsAt.get(version) ?? null),
    },
  };
}

function whenReached(
  evaluations: readonly EvaluationRow[],
  cost: (row: EvaluationRow) => number | null,
): Record<string, number | null> {
  return Object.fromEntries(
    accuracySteps.map((step) => {
      const row = evaluations.find(({ testAccuracy }) => testAccuracy >= Number(step));
      return [step, row === undefined ? null : cost(row)];
    }),
  );
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;
