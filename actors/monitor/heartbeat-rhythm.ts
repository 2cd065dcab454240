/**
 * How long a worker may be silent, learnt from its own heartbeats: the mean of the last intervals between them and 16 of
 * their standard deviations, in the manner of an adaptive failure detector (Bertier, Marin and Sens 2002,
 * doi:10.1109/DSN.2002.1028920; Hayashibara et al. 2004, doi:10.1109/RELDIS.2004.1353004). No law of the intervals is
 * assumed, so regular ones are believed soon and irregular ones, or lost ones, are given time.
 *
 * Invariant: the limit is never below the floor nor above the ceiling; until enough intervals are known it is the ceiling.
 * Only heartbeats count: they are meant to be regular, and a worker that uploads often is not to be held to that.
 */

export interface SilenceLimits {
  /** Meant interval between two heartbeats, seconds. */
  readonly heartbeatSeconds: number;
  /** A worker not heard for so long is suspected, seconds; more than `heartbeatSeconds`. */
  readonly suspectAfterSeconds: number;
  /** A worker not heard for so long is dead whatever its heartbeats were like, seconds; more than `suspectAfterSeconds`. */
  readonly deadAfterSeconds: number;
}

/** Standard deviations beyond the mean. With every fifth heartbeat lost, the mean and 16 of them are 10 intervals. */
const deviations = 16;
/** Intervals that are remembered. */
const window = 128;
/** Intervals below which nothing is concluded from them. */
const fewest = 16;

export class HeartbeatRhythm {
  readonly #intervals = new Float64Array(window);
  #count = 0;

  /** @param seconds between two heartbeats, one of which may have been lost in between */
  observe(seconds: number): void {
    this.#intervals[this.#count % window] = seconds;
    this.#count += 1;
  }

  /** Seconds of silence after which the worker is dead. */
  limit(limits: SilenceLimits): number {
    const { deadAfterSeconds } = limits;
    const known = this.#intervals.subarray(0, Math.min(this.#count, window));
    if (known.length < fewest) return deadAfterSeconds;
    const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
    const variance = known.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (known.length - 1);
    const learnt = mean + deviations * Math.sqrt(variance);
    return Math.min(deadAfterSeconds, Math.max(leastLimit(limits), learnt));
  }
}

/** Suspected first, dead a heartbeat later at the earliest. */
export function leastLimit({ suspectAfterSeconds, heartbeatSeconds }: SilenceLimits): number {
  return suspectAfterSeconds + heartbeatSeconds;
}
