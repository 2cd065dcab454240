/**
 * `summary.json`: what a run reached, folded from its rounds and evaluations. JSON has no NaN, so a number that is not
 * finite is null here. Steps of accuracy are 0.30, 0.35, … 0.95; each holds the first evaluation at or above it.
 */
import { z } from 'zod';
import { computeUsedSchema } from './compute-used.js';
import type { EvaluationRecord, RoundRecord } from './run-events.js';

/** Keys of `timeToAccuracy` and `communicationToAccuracy`, in order. */
export const accuracySteps: readonly string[] = Array.from({ length: 14 }, (_, step) =>
  ((30 + 5 * step) / 100).toFixed(2),
);

const count = z.int().min(0);
const byAccuracy = z.record(z.string(), z.number().nullable());

export const summarySchema = z.object({
  /** `finished`: as asked; `stopped`: by the user; `failed`: see `failure`. */
  status: z.enum(['finished', 'stopped', 'failed']),
  /** Why the run ended, in a few words. */
  reason: z.string(),
  /** The error's one line; null unless the run failed. */
  failure: z.string().nullable(),
  policy: z.string(),
  /** `none`: timing only, nothing was trained. */
  compute: z.enum(['gradients', 'none']).default('gradients'),
  /** What computed it, and why; null in a summary from before this was recorded. */
  used: computeUsedSchema.nullable().default(null),
  seed: z.number(),
  /** N. */
  workers: count,
  /** Rounds closed: the version of the final model. */
  rounds: count,
  /** When the last round closed, or the run ended if none did: seconds since the start, or virtual time units. */
  time: z.number(),
  /** Test accuracy (0 … 1) and loss of the final model; null if it was not evaluated or the figure is not finite. */
  finalAccuracy: z.number().nullable(),
  finalLoss: z.number().nullable(),
  /** Highest test accuracy of all evaluations; null if there was none. Those on the way may be on fewer test examples. */
  bestAccuracy: z.number().nullable(),
  /** Test examples behind them; null if the final model was not evaluated. */
  evaluationSamples: count.nullable(),
  /** Mean training loss of the last round; null if there was none, it was not finite, or nothing was trained. */
  trainingLoss: z.number().nullable(),
  communicationRounds: count,
  /** The same without what only restarts add. */
  communicationRoundsWithoutRestarts: count,
  uploads: count,
  downloads: count,
  /** Restarts for staleness. */
  restarts: count,
  /** Updates that were refused or dropped. */
  discarded: count,
  /** Lives of workers that ended in a crash or in silence. */
  failures: count,
  /** Messages that came to an actor that was not there any more, while the run went on. */
  deadLetters: count.default(0),
  /** SHA-256 over the final weights: float32, little-endian, in the model's order; null if there is no model. */
  weightsSha256: z.string().nullable(),
  /** Seconds on the wall, from the first assignment to the end of training. */
  wallSeconds: z.number(),
  /** Samples in applied updates. */
  trainedSamples: count,
  /** `trainedSamples / wallSeconds`; 0 before any time has passed. */
  samplesPerSecond: z.number(),
  /** The run's time of the first evaluation at or above each step; null where not reached. */
  timeToAccuracy: byAccuracy,
  /** The same in communication rounds. */
  communicationToAccuracy: byAccuracy,
  communicationToAccuracyWithoutRestarts: byAccuracy,
});

export type Summary = z.infer<typeof summarySchema>;

export interface SummaryOptions {
  readonly policy: string;
  readonly seed: number;
  /** N. */
  readonly workers: number;
  /** Default: `gradients`. */
  readonly compute?: Summary['compute'];
  /** Null: not known. */
  readonly used: Summary['used'];
}

type CountName =
  | 'uploads'
  | 'downloads'
  | 'restarts'
  | 'communicationRounds'
  | 'communicationRoundsWithoutRestarts';

/** What only the end of the run knows. */
export interface RunEnd {
  readonly status: Summary['status'];
  readonly reason: string;
  /** Required where the status is `failed`. */
  readonly failure?: string;
  readonly weightsSha256: string | null;
  readonly wallSeconds: number;
  readonly discarded: number;
  /** The run's time at its end, for one that closed no round; default: 0. */
  readonly time?: number;
  /** What was counted of a run that closed no round; default: nothing. Of others the last round's counts are taken. */
  readonly counts?: Pick<RoundRecord, CountName>;
  /** Default: 0. */
  readonly failures?: number;
  /** Default: 0. */
  readonly deadLetters?: number;
}

/** What a summary is built from, so far. */
export interface SummaryState {
  readonly lastRound: RoundRecord | null;
  readonly lastEvaluation: EvaluationRecord | null;
  readonly bestAccuracy: number | null;
  /** The first evaluation at or above each accuracy step. */
  readonly first: Readonly<Record<string, EvaluationRecord>>;
}

export interface SummaryBuilder {
  /** Takes the next round; rounds come in order. */
  round(record: RoundRecord): void;
  /** Takes the next evaluation; evaluations come in order of their versions. */
  evaluation(record: EvaluationRecord): void;
  /** May be called at any time, more than once. */
  build(end: RunEnd): Summary;
  /** To be gone on from. */
  state(): SummaryState;
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** @param from default: nothing has happened */
export function createSummaryBuilder(
  options: SummaryOptions,
  from: SummaryState | null = null,
): SummaryBuilder {
  const first = new Map<string, EvaluationRecord>(Object.entries(from?.first ?? {}));
  let lastRound = from?.lastRound ?? undefined;
  let lastEvaluation = from?.lastEvaluation ?? undefined;
  let best = from?.bestAccuracy ?? null;

  const atEachStep = (value: (record: EvaluationRecord) => number): Record<string, number | null> =>
    Object.fromEntries(
      accuracySteps.map((step) => {
        const record = first.get(step);
        return [step, record === undefined ? null : value(record)];
      }),
    );

  return {
    round(record) {
      lastRound = record;
    },
    evaluation(record) {
      lastEvaluation = record;
      best = Math.max(best ?? 0, record.testAccuracy);
      for (const step of accuracySteps) {
        if (record.testAccuracy >= Number(step) && !first.has(step)) first.set(step, record);
      }
    },
    state: () => ({
      lastRound: lastRound ?? null,
      lastEvaluation: lastEvaluation ?? null,
      bestAccuracy: best,
      first: Object.fromEntries(first),
    }),
    build(end) {
      const { policy, seed, workers, compute = 'gradients', used } = options;
      const rounds = lastRound?.version ?? 0;
      // An earlier version says nothing of the final model.
      const final = lastEvaluation?.version === rounds ? lastEvaluation : undefined;
      const counts = lastRound ?? end.counts;
      const trainedSamples = lastRound?.trainedSamples ?? 0;
      return {
        status: end.status,
        reason: end.reason,
        failure: end.failure ?? null,
        policy,
        compute,
        used,
        seed,
        workers,
        rounds,
        time: lastRound?.time ?? end.time ?? 0,
        finalAccuracy: finite(final?.testAccuracy),
        finalLoss: finite(final?.testLoss),
        bestAccuracy: best,
        evaluationSamples: final?.samples ?? null,
        trainingLoss: compute === 'none' ? null : finite(lastRound?.loss),
        communicationRounds: counts?.communicationRounds ?? 0,
        communicationRoundsWithoutRestarts: counts?.communicationRoundsWithoutRestarts ?? 0,
        uploads: counts?.uploads ?? 0,
        downloads: counts?.downloads ?? 0,
        restarts: counts?.restarts ?? 0,
        discarded: end.discarded,
        failures: end.failures ?? 0,
        deadLetters: end.deadLetters ?? 0,
        weightsSha256: end.weightsSha256,
        wallSeconds: end.wallSeconds,
        trainedSamples,
        samplesPerSecond: end.wallSeconds > 0 ? trainedSamples / end.wallSeconds : 0,
        timeToAccuracy: atEachStep((record) => record.time),
        communicationToAccuracy: atEachStep((record) => record.communicationRounds),
        communicationToAccuracyWithoutRestarts: atEachStep(
          (record) => record.communicationRoundsWithoutRestarts,
        ),
      };
    },
  };
}
