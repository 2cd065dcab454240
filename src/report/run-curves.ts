/** The curves of one run, from its rows: what the figures draw, in the units of the files. */
import type { EvaluationRow } from '../telemetry/csv-tables.js';
import type { StoredRun } from '../telemetry/read-run.js';
import { binned, type Curve, onlyFinite, steps } from './curve.js';
import type { JournalFacts } from './journal-facts.js';

/** An empty curve: the run does not have it. */
export interface RunCurves {
  readonly accuracyByTime: Curve;
  readonly accuracyByCommunication: Curve;
  /** By the communication without restarts; empty without a journal. */
  readonly accuracyByUploads: Curve;
  readonly testLossByTime: Curve;
  /** Mean over the rounds in each of `lossBins` equal stretches of the run; empty if nothing was trained. */
  readonly trainingLossByTime: Curve;
  /** K^t. */
  readonly waitCountByTime: Curve;
  /** τ_max^t; empty if the policy has no bound. */
  readonly maxStalenessByTime: Curve;
}

/** A round's loss is that of a few mini-batches: shown one by one, noise would hide the course. */
export const lossBins = 100;

/** @param trained false if the losses stand for nothing */
export function runCurves(
  { rounds, evaluations }: StoredRun,
  journal: JournalFacts | null,
  trained: boolean,
): RunCurves {
  const compared = withoutSecond(evaluations);
  const evaluated = (x: (row: EvaluationRow) => number, y: (row: EvaluationRow) => number): Curve =>
    onlyFinite({ x: compared.map(x), y: compared.map(y) });
  const times = rounds.map(({ time }) => time);
  const bounded = rounds.filter(({ maxStaleness }) => maxStaleness !== null && Number.isFinite(maxStaleness));
  const uploadRounds = journal?.uploadRoundsAt ?? new Map<number, number>();
  const accuracy = (row: EvaluationRow): number => row.testAccuracy;
  return {
    accuracyByTime: evaluated(({ time }) => time, accuracy),
    accuracyByCommunication: evaluated((row) => row.communicationRounds, accuracy),
    accuracyByUploads: evaluated(({ version }) => uploadRounds.get(version) ?? Number.NaN, accuracy),
    testLossByTime: evaluated(
      ({ time }) => time,
      (row) => row.testLoss,
    ),
    trainingLossByTime: trained
      ? binned({ x: times, y: rounds.map(({ loss }) => loss) }, lossBins)
      : { x: [], y: [] },
    waitCountByTime: steps({ x: times, y: rounds.map(({ waitCount }) => waitCount) }),
    maxStalenessByTime: steps({
      x: bounded.map(({ time }) => time),
      y: bounded.map(({ maxStaleness }) => maxStaleness ?? 0),
    }),
  };
}

/**
 * Without the evaluation on all test examples at a run's end, where the same weights were evaluated just before on the examples of
 * all other points: it has the same x, so it would end the line in a vertical step that says nothing of the training.
 */
function withoutSecond(evaluations: readonly EvaluationRow[]): readonly EvaluationRow[] {
  const [before, last] = evaluations.slice(-2);
  const isSecond = last !== undefined && before?.version === last.version && before.time === last.time;
  return isSecond ? evaluations.slice(0, -1) : evaluations;
}
