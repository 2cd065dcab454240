/**
 * Measures the global model on test examples while training goes on: every so many rounds, on the snapshot that the commit
 * made, and whenever it is told that a time has come, on the one in force then. One evaluation at a time. When evaluating
 * is slower, a live run passes over those in between rather than pile them up; simulated time can wait, so there everything
 * that is due is evaluated.
 */
import type { Compute, Evaluation } from '../compute/compute.js';
import type { EvaluationRecord, RoundRecord } from '../telemetry/run-events.js';

export interface EvaluatorOptions {
  readonly compute: Pick<Compute, 'evaluate'>;
  /** Rounds from one evaluation to the next; null: none by rounds. */
  readonly everyRounds: number | null;
  /** Test examples per evaluation; null: all. */
  readonly samples: number | null;
  /** Most versions that may wait their turn; null (default): a newer one takes the place of the one that waits. */
  readonly backlog?: number | null;
  readonly onEvaluation: (record: EvaluationRecord) => void;
  readonly onError: (error: unknown) => void;
  /** Goes on from there. Default: nothing has happened. */
  readonly from?: EvaluatorStart | null;
}

/** Where the evaluator of a resumed run begins. */
export interface EvaluatorStart {
  /** In force. */
  readonly round: RoundRecord;
  /** The last evaluation, on as many examples as now; null: there was none. */
  readonly last: EvaluationRecord | null;
  /** What was due by then has been evaluated; false: the version in force may still have to be. */
  readonly isDone: boolean;
}

/** A version, and the time that its evaluation is of. */
type Point = Pick<
  RoundRecord,
  'version' | 'time' | 'communicationRounds' | 'communicationRoundsWithoutRestarts'
>;

function nextDue(version: number, everyRounds: number): number {
  return version + everyRounds - (version % everyRounds);
}

const initialPoint: Point = {
  version: 0,
  time: 0,
  communicationRounds: 0,
  communicationRoundsWithoutRestarts: 0,
};

export class Evaluator {
  readonly #options: EvaluatorOptions;
  /** Settles when nothing is being evaluated; never rejects. */
  #running: Promise<void> | null = null;
  #waiting: (() => Promise<void>)[] = [];
  /** Called when one fewer waits. */
  #onRoom: () => void = () => undefined;
  /** The last evaluation, which holds for as long as its version is in force. */
  #last: { readonly point: Point; readonly samples: number | null; readonly found: Evaluation } | null = null;
  #inForce: Point = initialPoint;
  #dueAt: number;
  #skipped = false;
  #skip: () => void = () => undefined;
  /** Resolves with `skip`. */
  readonly #whenSkipped = new Promise<void>((resolve) => {
    this.#skip = resolve;
  });

  constructor(options: EvaluatorOptions) {
    const { everyRounds, samples, from = null } = options;
    this.#options = options;
    this.#dueAt = everyRounds ?? Infinity;
    if (from === null) return;
    const { round, last, isDone } = from;
    this.#inForce = round;
    if (everyRounds !== null) this.#dueAt = nextDue(round.version - (isDone ? 0 : 1), everyRounds);
    if (last === null) return;
    const { testAccuracy: accuracy, testLoss: loss, samples: seen } = last;
    this.#last = { point: last, samples, found: { accuracy, loss, samples: seen } };
  }

  /** Resolves when nothing is evaluated or waits. */
  async drained(): Promise<void> {
    await this.#running;
  }

  /** Whether there may be an evaluation that will never be told. */
  get skips(): boolean {
    return this.#skipped;
  }

  /** A round has closed with these weights. With a backlog: what it returns is to be waited for before the next. */
  committed(round: RoundRecord, weights: Float32Array): Promise<void> | undefined {
    const { everyRounds } = this.#options;
    this.#inForce = round;
    if (everyRounds === null || round.version < this.#dueAt) return undefined;
    this.#dueAt = nextDue(round.version, everyRounds);
    return this.#queue(round, weights);
  }

  /** A time to evaluate at has come, with these weights in force. Returns what `committed` does. */
  timeReached(time: number, weights: Float32Array): Promise<void> | undefined {
    return this.#queue({ ...this.#inForce, time }, weights);
  }

  #queue(point: Point, weights: Float32Array): Promise<void> | undefined {
    const { samples, backlog = null } = this.#options;
    if (this.#skipped) return undefined;
    if (backlog === null) this.#waiting = [];
    this.#waiting.push(() => this.#evaluate(point, weights, samples));
    this.#running ??= this.#work();
    return backlog === null ? undefined : this.#room(backlog);
  }

  /**
   * After training: the final weights on all test examples, unless just that was done last. What waits its turn is
   * dropped unless there is a backlog, what is running is waited for. Resolves at once where evaluations are skipped.
   */
  async final(round: RoundRecord, weights: Float32Array): Promise<void> {
    if (this.#options.backlog == null) this.#waiting = [];
    await Promise.race([this.#finish(round, weights), this.#whenSkipped]);
  }

  /** From now on nothing is evaluated and nothing told; nobody waits for an evaluation that is running. */
  skip(): void {
    this.#skipped = true;
    this.#waiting = [];
    this.#skip();
  }

  async #finish(round: RoundRecord, weights: Float32Array): Promise<void> {
    await this.#running;
    if (this.#skipped || this.#known(round.version, null) !== null) return;
    // The version may have been evaluated at a time after its round: records stay in the order of their times.
    const time = Math.max(round.time, this.#last?.point.time ?? 0);
    await this.#evaluate({ ...round, time }, weights, null);
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await next();
      this.#onRoom();
    }
    this.#running = null;
    this.#onRoom();
  }

  /** Resolves when no more than `backlog` evaluations are under way or waiting. */
  async #room(backlog: number): Promise<void> {
    const underWay = (): number => this.#waiting.length + (this.#running === null ? 0 : 1);
    while (underWay() > backlog && !this.#skipped) {
      await Promise.race([
        this.#whenSkipped,
        new Promise<void>((resolve) => {
          this.#onRoom = resolve;
        }),
      ]);
    }
  }

  /** What was found of the version on so many examples, if that was evaluated last. */
  #known(version: number, samples: number | null): Evaluation | null {
    const last = this.#last;
    return last?.point.version === version && last.samples === samples ? last.found : null;
  }

  async #evaluate(point: Point, weights: Float32Array, samples: number | null): Promise<void> {
    const { version, time, communicationRounds, communicationRoundsWithoutRestarts } = point;
    try {
      const known = this.#known(version, samples);
      const found = known ?? (await this.#options.compute.evaluate(weights, samples ?? undefined));
      if (this.#skipped) return;
      this.#last = { point, samples, found };
      this.#options.onEvaluation({
        version,
        time,
        communicationRounds,
        communicationRoundsWithoutRestarts,
        testAccuracy: found.accuracy,
        testLoss: found.loss,
        samples: found.samples,
      });
    } catch (error) {
      if (!this.#skipped) this.#options.onError(error);
    }
  }
}
