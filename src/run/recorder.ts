/**
 * Turns what the server and the evaluator report into records: streams for the program, files in the run directory, and
 * the summary at the end.
 */
import type { Subject } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { EvaluationRecord, FailureRecord, RestartRecord, RoundRecord } from '../telemetry/run-events.js';
import type { RunDirectory } from '../telemetry/run-directory.js';
import {
  createSummaryBuilder,
  type Summary,
  type SummaryBuilder,
  type SummaryOptions,
} from '../telemetry/summary.js';
import { RoundRecords } from './round-records.js';

export interface RecordStreams {
  readonly rounds$: Subject<RoundRecord>;
  readonly evaluations$: Subject<EvaluationRecord>;
  readonly restarts$: Subject<RestartRecord>;
  readonly failures$: Subject<FailureRecord>;
  readonly steps$: Subject<EngineStep>;
}

export class Recorder {
  readonly #streams: RecordStreams;
  readonly #directory: RunDirectory | null;
  readonly #records = new RoundRecords();
  readonly #summary: SummaryBuilder;
  readonly #trains: boolean;
  #lastRound: RoundRecord | null = null;
  #written: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #deadLetters = 0;
  /** The last failure of each worker. */
  readonly #lastFailures = new Map<number, FailureRecord>();

  constructor(streams: RecordStreams, directory: RunDirectory | null, options: SummaryOptions) {
    this.#streams = streams;
    this.#directory = directory;
    this.#summary = createSummaryBuilder(options);
    this.#trains = options.compute !== 'none';
  }

  get lastRound(): RoundRecord | null {
    return this.#lastRound;
  }

  /** Resolves when the files can take the next step: to be waited for by whoever makes steps faster than a disk may take. */
  get written(): Promise<unknown> {
    return this.#written;
  }

  /** The files buffer what the disk is slower to take; their failures are told by the directory's own stream. */
  step(step: EngineStep): RoundRecord | null {
    if (this.#directory !== null) this.#written = this.#directory.journal.append(step);
    this.#streams.steps$.next(step);
    const { round: counted, restarts } = this.#records.step(step);
    // Without training there are no samples that were trained on, whatever the updates say.
    const round = counted === null || this.#trains ? counted : { ...counted, trainedSamples: 0 };
    for (const restart of restarts) this.#streams.restarts$.next(restart);
    if (round !== null) {
      this.#lastRound = round;
      this.#summary.round(round);
      void this.#directory?.rounds(round);
      this.#streams.rounds$.next(round);
    }
    return round;
  }

  evaluation(record: EvaluationRecord): void {
    this.#summary.evaluation(record);
    void this.#directory?.evaluation(record);
    this.#streams.evaluations$.next(record);
  }

  /**
   * One end of a life may be told by two: who falls silent is given up by the StalenessMonitor, and by its supervisor when it
   * is heard again and told that it is dead. A life is counted once; what is no news is not told again.
   */
  failure(record: FailureRecord): void {
    const { worker, incarnation, action } = record;
    const last = this.#lastFailures.get(worker);
    const known = last !== undefined && incarnation <= last.incarnation;
    if (known && action === last.action) return;
    if (!known) this.#failures += 1;
    this.#lastFailures.set(worker, record);
    this.#streams.failures$.next(record);
  }

  /** A message came to an actor that was not there any more. */
  deadLetter(): void {
    this.#deadLetters += 1;
  }

  summary(end: {
    readonly status: Summary['status'];
    readonly reason: string;
    readonly failure: string | null;
    readonly weightsSha256: string | null;
    readonly wallSeconds: number;
    /** The run's time at its end. */
    readonly time: number;
  }): Summary {
    const { failure, ...rest } = end;
    const { counts } = this.#records;
    const { discarded } = counts;
    const failures = this.#failures;
    const deadLetters = this.#deadLetters;
    return this.#summary.build({
      ...rest,
      discarded,
      counts,
      failures,
      deadLetters,
      ...(failure === null ? {} : { failure }),
    });
  }
}
