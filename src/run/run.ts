/**
 * A run as its program sees it: streams of what happens, a promise of how it ends, and the means to stop it or to
 * disturb it.
 */
import type { Observable } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { ModelInfo } from '../compute/compute.js';
import type { TrainConfig } from '../config/resolve.js';
import type { WorkerExpectation } from '../stragglers/task-times.js';
import type { ComputeUsed } from '../telemetry/compute-used.js';
import type {
  EvaluationRecord,
  FailureRecord,
  RestartRecord,
  RoundRecord,
  WorkerStatus,
} from '../telemetry/run-events.js';
import type { RunPaths } from '../telemetry/run-files.js';
import type { Summary } from '../telemetry/summary.js';

/** Something worth a line in a log. */
export interface Notice {
  /** `debug`: for a log file, not for a terminal. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** What is settled before the first round. */
export interface RunInfo extends ComputeUsed {
  readonly id: string;
  /** As in `config.json`: addresses of NATS servers are without user, password and token. */
  readonly config: TrainConfig;
  /** Name of the policy. */
  readonly policy: string;
  readonly model: Pick<ModelInfo, 'name' | 'parameterCount'>;
  readonly dataset: { readonly name: string; readonly trainSize: number; readonly testSize: number };
  readonly transport: string;
  readonly fleet: readonly WorkerExpectation[];
  /** Null when nothing is written. */
  readonly paths: RunPaths | null;
  /** Adds a line to `log.jsonl`; null when nothing is written. */
  readonly writeLog: ((line: string) => void) | null;
}

export interface Run {
  readonly id: string;
  /**
   * Closed rounds. All streams are hot and complete when the run has ended, however it ended. What a subscriber throws
   * does not reach the run: RxJS reports it as an uncaught exception, which ends the process unless it is handled.
   */
  readonly rounds$: Observable<RoundRecord>;
  readonly evaluations$: Observable<EvaluationRecord>;
  /** Workers told to restart because they had fallen too far behind. */
  readonly restarts$: Observable<RestartRecord>;
  /** Workers that crashed or fell silent. */
  readonly failures$: Observable<FailureRecord>;
  /** Every turn of the round engine: what goes into the journal. */
  readonly steps$: Observable<EngineStep>;
  readonly notices$: Observable<Notice>;
  /** Resolves before the first round; rejects as `done` does if it does not come to that. */
  readonly ready: Promise<RunInfo>;
  /**
   * Resolves when the run has finished or was stopped and all is written.
   * @throws StalewartError by code: CONFIG, OUTPUT, MODEL, DATA, SERVICE before the first round, and STOPPED if it was
   * stopped before that; NON_FINITE, NO_WORKERS, NO_ROUND, COMPUTE when training failed (the summary and the last model are written
   * all the same); WRITE when all went well but model or summary could not be written
   */
  readonly done: Promise<Summary>;
  /**
   * Ends the run after the open round (default; live, without it if it does not close within 10 s, or twice the longest round
   * where that is more), or at once: then no evaluation is waited for, nor is there a final one.
   * While the run is still being prepared either ends it before it trains. Settles as `done` does.
   */
  stop(when?: 'finish-round' | 'now'): Promise<Summary>;
  /** Crashes a worker's present incarnation; its supervisor brings it back. False: there was none to crash, it
   *  lives in another process, or training is over. */
  crash(worker: number): Promise<boolean>;
  /** Folder of the saved model; null until it is saved, and where none is (`out: false`, no round, no training). */
  savedModel(): string | null;
  /** Every worker as it stands now. */
  workers(): readonly WorkerStatus[];
  /** Once training has ended, also of a run that failed; null before. */
  summary(): Summary | null;
  /** Seconds since the first actors were started; 0 before. */
  time(): number;
}
