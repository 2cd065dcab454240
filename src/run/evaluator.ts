/**
 * Measures the global model on test examples while training goes on: every so many rounds, one evaluation at a time, on
 * the snapshot that the commit made. When evaluating is slower than the rounds, rounds in between are passed over rather
 * than piled up.
 */
import type { Compute } from '../compute/compute.js';
import type { EvaluationRecord, RoundRecord } from '../telemetry/run-events.js';

export interface EvaluatorOptions {
  readonly compute: Pick<Compute, 'evaluate'>;
  /** Rounds from one evaluation to the next. */
  readonly everyRounds: number;
  /** Test examples per evaluation; null: all. */
  readonly samples: number | null;
  readonly onEvaluation: (record: EvaluationRecord) => void;
  readonly onError: (error: unknown) => void;
}

export class Evaluator {
  readonly #options: EvaluatorOptions;
  /** Settles when nothing is being evaluated; never rejects. */
  #running: Promise<void> | null = null;
  #next: (() => Promise<void>) | null = null;
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

  /** A round has closed with these weights. */
  committed(round: RoundRecord, weights: Float32Array): void {
    if (round.version < this.#dueAt || this.#skipped) return;
    this.#next = () => this.#evaluate(round, weights, this.#options.samples);
    this.#dueAt = round.version + this.#options.everyRounds - (round.version % this.#options.everyRounds);
    this.#running ??= this.#work();
  }

  /**
   * After training: the final weights on all test examples, unless just that was done last. What waits its turn is
   * dropped, what is running is waited for. Resolves at once where evaluations are skipped.
   */
  async final(round: RoundRecord, weights: Float32Array): Promise<void> {
    this.#next = null;
    await Promise.race([this.#finish(round, weights), this.#whenSkipped]);
  }

  /** From now on nothing is evaluated and nothing told; nobody waits for an evaluation that is running. */
  skip(): void {
    this.#skipped = true;
    this.#next = null;
    this.#skip();
  }

  async #finish(round: RoundRecord, weights: Float32Array): Promise<void> {
    await this.#running;
    if (this.#evaluatedInFull !== round.version && !this.#skipped) await this.#evaluate(round, weights, null);
  }

  async #work(): Promise<void> {
    while (this.#next !== null) {
      const evaluate = this.#next;
      this.#next = null;
      await evaluate();
    }
    this.#running = null;
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
