/**
 * Turns what the server and the evaluator report into records: streams for the program, files in the run directory, and
 * the summary at the end.
 */
import type { Subject } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { EvaluationRecord, FailureRecord, RestartRecord, RoundRecord } from '../telemetry/run-events.js';
import type { StoredRecords } from '../checkpoint/records-schema.js';
import type { RunDirectory, StepLines } from '../telemetry/run-directory.js';
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

/** A step that has been counted, and not been told yet. */
export interface Taken {
  readonly step: EngineStep;
  /** That it closes; null: none. */
  readonly round: RoundRecord | null;
  readonly restarts: readonly RestartRecord[];
  /** Null: nothing is written. */
  readonly lines: StepLines | null;
}

export class Recorder {
  readonly #streams: RecordStreams;
  readonly #directory: RunDirectory | null;
  readonly #records: RoundRecords;
  readonly #summary: SummaryBuilder;
  readonly #trains: boolean;
  #lastRound: RoundRecord | null = null;
  #written: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #deadLetters = 0;
  /** The last failure of each worker. */
  readonly #lastFailures = new Map<number, FailureRecord>();

  /** @param from records to go on from. Default: nothing has happened */
  constructor(
    streams: RecordStreams,
    directory: RunDirectory | null,
    options: SummaryOptions,
    from: StoredRecords | null = null,
  ) {
    this.#streams = streams;
    this.#directory = directory;
    this.#summary = createSummaryBuilder(options, from?.summary ?? null);
    this.#records = new RoundRecords(from?.counts);
    this.#trains = options.compute !== 'none';
    if (from === null) return;
    this.#lastRound = from.summary.lastRound;
    this.#failures = from.failures;
    this.#deadLetters = from.deadLetters;
    for (const failure of from.lastFailures) this.#lastFailures.set(failure.worker, failure);
  }

  get lastRound(): RoundRecord | null {
    return this.#lastRound;
  }

  /** Resolves when the files can take the next step: to be waited for by whoever makes steps faster than a disk may take. */
  get written(): Promise<unknown> {
    return this.#written;
  }

  /** Takes the step and tells it. */
  step(step: EngineStep): RoundRecord | null {
    const taken = this.take(step);
    this.tell(taken);
    return taken.round;
  }

  /** Counts the step; nobody hears of it yet. To be told before the next one is taken. */
  take(step: EngineStep): Taken {
    const { round: counted, restarts } = this.#records.step(step);
    // Without training there are no samples that were trained on, whatever the updates say.
    const round = counted === null || this.#trains ? counted : { ...counted, trainedSamples: 0 };
    if (round !== null) {
      this.#lastRound = round;
      this.#summary.round(round);
    }
    return { step, round, restarts, lines: this.#directory?.linesOf(step, round) ?? null };
  }

  /** The files buffer what the disk is slower to take; their failures are told by the directory's own stream. */
  tell({ step, round, restarts, lines }: Taken): void {
    if (this.#directory !== null && lines !== null) this.#written = this.#directory.write(lines);
    this.#streams.steps$.next(step);
    for (const restart of restarts) this.#streams.restarts$.next(restart);
    if (round !== null) this.#streams.rounds$.next(round);
  }

  /**
   * What the records have come to, for a checkpoint.
   * @param untold a step that has been taken and is not told yet; null: there is none
   */
  state(untold: Taken | null): StoredRecords {
    const lengths = this.#directory?.lengths() ?? null;
    const { journal, rounds = null } = untold?.lines ?? {};
    const position = (bytes: number, next: string | null | undefined) => ({
      bytes,
      next: next == null ? [] : [next],
    });
    return {
      counts: this.#records.counts,
      summary: this.#summary.state(),
      failures: this.#failures,
      deadLetters: this.#deadLetters,
      lastFailures: [...this.#lastFailures.values()],
      files:
        lengths === null
          ? null
          : {
              journal: position(lengths.journal, journal),
              rounds: position(lengths.rounds, rounds),
              evaluations: position(lengths.evaluations, null),
            },
    };
  }

  evaluation(record: EvaluationRecord): void {
    this.#summary.evaluation(record);
    void this.#directory?.evaluation(record);
    this.#streams.evaluations$.next(record);
  }

  /** One that is in the files already. */
  recall(record: EvaluationRecord): void {
    this.#summary.evaluation(record);
  }

  /** The last one; null: there is none yet. */
  get lastEvaluation(): EvaluationRecord | null {
    return this.#summary.state().lastEvaluation;
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
