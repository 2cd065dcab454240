/**
 * Lets workers in at a bounded rate, first come, first served: a token bucket that holds one second's worth, so that a small
 * fleet is let in at once and a large one does not have all its models sent in one moment.
 *
 * Invariant: in any stretch of t seconds at most (t + 1) · rate join, and asking again does not cost anybody's place.
 */

export interface Join {
  readonly worker: number;
  readonly incarnation: number;
}

/** Sums of fractions of a second miss a whole token by less than this. */
const tolerance = 1e-9;

export class JoinQueue {
  readonly #perSecond: number;
  /** By worker, in the order in which they asked. */
  readonly #waiting = new Map<number, number>();
  #tokens: number;
  #filledAt: number;

  /** @param perSecond joins; above 0 */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = this.#most;
    this.#filledAt = now;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** A new incarnation takes the place of the one that waits; an older one changes nothing. */
  ask({ worker, incarnation }: Join): void {
    this.#waiting.set(worker, Math.max(incarnation, this.#waiting.get(worker) ?? 0));
  }

  /** The incarnation is lost. */
  forget({ worker, incarnation }: Join): void {
    if ((this.#waiting.get(worker) ?? Infinity) <= incarnation) this.#waiting.delete(worker);
  }

  /** Those who may join now, in their order. */
  take(now: number): readonly Join[] {
    this.#fill(now);
    const taken: Join[] = [];
    for (const [worker, incarnation] of this.#waiting) {
      if (this.#tokens < 1 - tolerance) break;
      this.#tokens = Math.max(0, this.#tokens - 1);
      this.#waiting.delete(worker);
      taken.push({ worker, incarnation });
    }
    return taken;
  }

  /** Seconds until the next one may join; null: nobody waits. */
  untilNext(now: number): number | null {
    if (this.#waiting.size === 0) return null;
    this.#fill(now);
    return Math.max(0, (1 - this.#tokens) / this.#perSecond);
  }

  /** A whole token at least, or nobody could ever join. */
  get #most(): number {
    return Math.max(1, this.#perSecond);
  }

  #fill(now: number): void {
    this.#tokens = Math.min(this.#most, this.#tokens + (now - this.#filledAt) * this.#perSecond);
    this.#filledAt = now;
  }
}
