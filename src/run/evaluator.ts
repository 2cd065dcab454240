/**
 * Measures the global model on test examples while training goes on: every so many rounds, one evaluation at a time, on
 * the snapshot that the commit made. When evaluating is slower than the rounds, a live run passes over those in between
 * rather than pile them up; simulated time can wait, so there every version that is due is evaluated.
 */
import type { Compute } from '../compute/compute.js';
import type { EvaluationRecord, RoundRecord } from '../telemetry/run-events.js';

export interface EvaluatorOptions {
  readonly compute: Pick<Compute, 'evaluate'>;
  /** Rounds from one evaluation to the next. */
  readonly everyRounds: number;
  /** Test examples per evaluation; null: all. */
  readonly samples: number | null;
  /** Most versions that may wait their turn; null (default): a newer one takes the place of the one that waits. */
  readonly backlog?: number | null;
  readonly onEvaluation: (record: EvaluationRecord) => void;
  readonly onError: (error: unknown) => void;
}

export class Evaluator {
  readonly #options: EvaluatorOptions;
  /** Settles when nothing is being evaluated; never rejects. */
  #running: Promise<void> | null = null;
  #waiting: (() => Promise<void>)[] = [];
  /** Called when one fewer waits. */
  #onRoom: () => void = () => undefined;
  /** Version that was last evaluated on all test examples. */
  #evaluatedInFull: number | null = null;
  #dueAt: number;
  #skipped = false;
  #skip: () => void = () => undefined;
  /** Resolves with `skip`. */
  readonly #whenSkipped = new Promise<void>((resolve) => {
    this.#skip = resolve;
  });

  constructor(options: EvaluatorOptions) {
    this.#options = options;
    this.#dueAt = options.everyRounds;
  }

  /** A round has closed with these weights. With a backlog: what it returns is to be waited for before the next. */
  committed(round: RoundRecord, weights: Float32Array): Promise<void> | undefined {
    const { everyRounds, samples, backlog = null } = this.#options;
    if (round.version < this.#dueAt || this.#skipped) return undefined;
    if (backlog === null) this.#waiting = [];
    this.#waiting.push(() => this.#evaluate(round, weights, samples));
    this.#dueAt = round.version + everyRounds - (round.version % everyRounds);
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
    if (this.#evaluatedInFull !== round.version && !this.#skipped) await this.#evaluate(round, weights, null);
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

  async #evaluate(round: RoundRecord, weights: Float32Array, samples: number | null): Promise<void> {
    const { version, time, communicationRounds } = round;
    try {
      const evaluation = await this.#options.compute.evaluate(weights, samples ?? undefined);
      if (this.#skipped) return;
      if (samples === null) this.#evaluatedInFull = version;
      const { accuracy: testAccuracy, loss: testLoss } = evaluation;
      this.#options.onEvaluation({
        version,
        time,
        communicationRounds,
        testAccuracy,
        testLoss,
        samples: evaluation.samples,
      });
    } catch (error) {
      if (!this.#skipped) this.#options.onError(error);
    }
  }
}
