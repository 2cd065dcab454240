/**
 * Folds the records of a run into what a display shows at one moment. Pure but for its memory, which is bounded: it has
 * no clock (callers say how many seconds have passed) and writes nowhere.
 */
import { type GoalProgress, goalProgress, type ProgressGoal } from './goal-progress.js';
import type { EvaluationRecord, FailureRecord, RoundRecord, WorkerStatus } from './run-events.js';
import { createSlidingRate } from './sliding-rate.js';
import { createValueHistory } from './value-history.js';

/** What stays the same throughout a run. */
export interface ProgressHeader {
  readonly policy: string;
  readonly model: string;
  readonly dataset: string;
  /** `wasm`, `tensorflow`, `cpu`; in a simulation also `none`. */
  readonly backend: string;
  readonly threads: number;
  /** N. */
  readonly workers: number;
  /** Where messages travel or time passes: `local`, `nats`, `simulated`. */
  readonly mode: string;
}

/** A moment of a run, as displays and log lines show it. */
export interface ProgressSnapshot {
  readonly header: ProgressHeader;
  readonly goal: ProgressGoal;
  /** Seconds on the wall since training started. */
  readonly elapsed: number;
  /** The last closed round; null before the first. */
  readonly round: RoundRecord | null;
  readonly evaluation: EvaluationRecord | null;
  readonly bestAccuracy: number | null;
  readonly lossHistory: readonly number[];
  readonly accuracyHistory: readonly number[];
  /** Crashes and losses of workers. */
  readonly failures: number;
  /** Samples per second of the wall, over the last seconds; null before there is a figure. */
  readonly samplesPerSecond: number | null;
  readonly progress: GoalProgress;
  /** By number. */
  readonly workers: readonly WorkerStatus[];
  /** What is going on besides (`evaluating`, `stopping after this round`); null: nothing. */
  readonly notice: string | null;
}

/** `elapsed` is in seconds on the wall since training started. */
export interface ProgressState {
  round(record: RoundRecord, elapsed: number): void;
  evaluation(record: EvaluationRecord, elapsed: number): void;
  failure(record: FailureRecord): void;
  worker(status: WorkerStatus): void;
  notice(text: string | null): void;
  snapshot(elapsed: number): ProgressSnapshot;
}

export interface ProgressStateOptions {
  readonly header: ProgressHeader;
  readonly goal: ProgressGoal;
  /** True if the run's time is seconds on the wall, so that it goes on between rounds. Default: true. */
  readonly realTime?: boolean;
}

/** More than the slope needs; a run may have thousands of evaluations. */
const EVALUATIONS_KEPT = 8;

export function createProgressState(options: ProgressStateOptions): ProgressState {
  const { header, goal, realTime = true } = options;
  const samples = createSlidingRate();
  const rounds = createSlidingRate({ window: 30 });
  const times = createSlidingRate({ window: 30 });
  const losses = createValueHistory();
  const accuracies = createValueHistory();
  const workers = new Map<number, WorkerStatus>();
  let evaluations: { elapsed: number; accuracy: number }[] = [];
  let round: RoundRecord | null = null;
  let evaluation: EvaluationRecord | null = null;
  let bestAccuracy: number | null = null;
  let failures = 0;
  let notice: string | null = null;

  return {
    round(record, elapsed) {
      round = record;
      samples.add(elapsed, record.trainedSamples);
      rounds.add(elapsed, record.version);
      times.add(elapsed, record.time);
      losses.add(record.loss);
    },
    evaluation(record, elapsed) {
      evaluation = record;
      if (!Number.isFinite(record.testAccuracy)) return;
      bestAccuracy = Math.max(bestAccuracy ?? 0, record.testAccuracy);
      accuracies.add(record.testAccuracy);
      evaluations = [...evaluations, { elapsed, accuracy: record.testAccuracy }].slice(-EVALUATIONS_KEPT);
    },
    failure() {
      failures += 1;
    },
    worker(status) {
      workers.set(status.worker, status);
    },
    notice(text) {
      notice = text;
    },
    snapshot(elapsed) {
      const progress = goalProgress(goal, {
        version: round?.version ?? 0,
        time: realTime ? elapsed : (round?.time ?? 0),
        roundsPerSecond: rounds.current(elapsed),
        timePerSecond: realTime ? 1 : times.current(elapsed),
        evaluations,
      });
      const samplesPerSecond = samples.current(elapsed);
      return {
        header,
        goal,
        elapsed,
        round,
        evaluation,
        bestAccuracy,
        lossHistory: losses.values(),
        accuracyHistory: accuracies.values(),
        failures,
        samplesPerSecond: samplesPerSecond > 0 ? samplesPerSecond : null,
        progress,
        workers: [...workers.values()].sort((left, right) => left.worker - right.worker),
        notice,
      };
    },
  };
}
