/**
 * Shows a run to whoever watches it: a live display on a terminal, else a log line per evaluation and one every few
 * seconds. What needs attention (crashes, rounds that closed short) is logged in both. Rounds and restarts are summed up: each
 * by itself is in the journal. Nothing here affects the run.
 */
import type { Clock } from '../clock/clock.js';
import { formatAmount, formatDuration, formatPercent } from './number-format.js';
import type { LiveScreen } from './live-screen.js';
import type { LogFields, Logger } from './logger.js';
import { renderDisplay } from './progress-display.js';
import { createProgressState, type ProgressStateOptions } from './progress-state.js';
import type { EvaluationRecord, FailureRecord, RoundRecord, WorkerStatus } from './run-events.js';

export interface ProgressOptions extends ProgressStateOptions {
  readonly screen: LiveScreen;
  readonly logger: Logger;
  /** Its time when the progress is created counts as the start of training. */
  readonly clock: Clock;
  /** Seconds between two log lines about rounds. Default: 5. */
  readonly logEvery?: number;
}

export interface Progress {
  round(record: RoundRecord): void;
  evaluation(record: EvaluationRecord): void;
  failure(record: FailureRecord): void;
  /** Workers whose status changed, or all of them. */
  workers(statuses: readonly WorkerStatus[]): void;
  /** What is going on besides rounds (`evaluating`, `stopping after this round`); null: nothing. */
  notice(text: string | null): void;
  /** Draws a last time; the display stays where it is. Calling it again does nothing. */
  close(): void;
}

function failureMessage({ worker, reason, action, delaySeconds }: FailureRecord): string {
  const next =
    action === 'given-up'
      ? 'given up, the run goes on without it'
      : `restarting${delaySeconds === undefined ? '' : ` in ${delaySeconds.toFixed(1)} s`}`;
  return `worker ${worker} failed (${reason}): ${next}`;
}

/** A figure as a log line shows it. */
const short = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value);

export function createProgress(options: ProgressOptions): Progress {
  const { screen, logger, clock, header, goal, logEvery = 5 } = options;
  const state = createProgressState(options);
  const origin = clock.now();
  const elapsed = (): number => clock.now() - origin;
  // On a terminal the display says it all.
  const routine = (message: string, fields: LogFields = {}): void =>
    screen.live ? logger.debug(message, fields) : logger.info(message, fields);
  let loggedAt = 0;
  let degraded: string | null = null;
  let closed = false;

  const roundFields = (record: RoundRecord): LogFields => {
    const { samplesPerSecond, progress, evaluation } = state.snapshot(elapsed());
    return {
      ...(goal.rounds === null ? {} : { of: goal.rounds }),
      K: record.waitCount,
      maxStaleness: record.maxStaleness ?? 'none',
      loss: short(record.loss),
      ...(evaluation === null ? {} : { accuracy: short(evaluation.testAccuracy) }),
      restarts: record.restarts,
      ...(samplesPerSecond === null ? {} : { imagesPerSecond: Math.round(samplesPerSecond) }),
      elapsed: formatDuration(elapsed()),
      ...(progress.secondsLeft === null ? {} : { left: formatDuration(progress.secondsLeft) }),
    };
  };

  const { policy, model, dataset, workers, backend, threads, mode } = header;
  routine('training starts', { policy, model, dataset, workers, backend, threads, mode });
  screen.start((size) => renderDisplay(state.snapshot(elapsed()), size));

  return {
    round(record) {
      state.round(record, elapsed());
      if (record.degraded !== null && record.degraded !== degraded) {
        logger.warn(`round ${record.version} closed short: ${record.degraded}`);
      }
      degraded = record.degraded;
      if (elapsed() - loggedAt >= logEvery) {
        loggedAt = elapsed();
        routine(`round ${record.version}`, roundFields(record));
      }
      screen.invalidate();
    },
    evaluation(record) {
      state.evaluation(record, elapsed());
      routine(
        `evaluation: ${formatPercent(record.testAccuracy)} of ${formatAmount(record.samples, 'test example')}`,
        {
          version: record.version,
          loss: short(record.testLoss),
          elapsed: formatDuration(elapsed()),
        },
      );
      screen.invalidate();
    },
    failure(record) {
      state.failure(record);
      logger.warn(failureMessage(record));
      screen.invalidate();
    },
    workers(statuses) {
      for (const status of statuses) state.worker(status);
      screen.invalidate();
    },
    notice(text) {
      state.notice(text);
      if (text !== null) routine(text);
      screen.invalidate();
    },
    close() {
      if (closed) return;
      closed = true;
      state.notice(null);
      screen.stop();
    },
  };
}
