/**
 * How fast a counter grows: over the last seconds, and overall. For images/s, rounds/s and virtual time per second. The
 * counter is cumulative, so a lost or late reading does no harm. Memory is bounded: readings that are closer together
 * than a hundredth of the window count as one.
 */

export interface SlidingRate {
  /** The counter stood at `total` at `time` (seconds); times do not go backwards. */
  add(time: number, total: number): void;
  /** Growth per second over the window that ends `now`; 0 before there are two readings. */
  current(now: number): number;
  /** Growth per second since the start; 0 before any time has passed. */
  overall(): number;
}

interface Reading {
  readonly time: number;
  readonly total: number;
}

export interface SlidingRateOptions {
  /** Seconds to look back. Default: 10. */
  readonly window?: number;
  /** Where the counter starts. Default: 0 at time 0. */
  readonly origin?: Reading;
}

export function createSlidingRate(options: SlidingRateOptions = {}): SlidingRate {
  const { window = 10, origin = { time: 0, total: 0 } } = options;
  /** Oldest first; the first one is the last reading before the window, so that the window is covered whole. */
  let readings: Reading[] = [origin];
  let latest = origin;

  return {
    add(time, total) {
      const beforeLatest = readings.at(-2);
      latest = { time, total };
      if (beforeLatest !== undefined && time - beforeLatest.time < window / 100) readings.pop();
      readings.push(latest);
      const firstInside = readings.findIndex((reading) => reading.time > time - window);
      if (firstInside > 1) readings = readings.slice(firstInside - 1);
    },
    current(now) {
      const first = readings[0] ?? origin;
      // Between two readings nothing is heard of work that goes on; only a silence of half a window counts as standstill.
      const span = Math.max(latest.time, now - window / 2) - first.time;
      return span > 0 ? (latest.total - first.total) / span : 0;
    },
    overall() {
      const span = latest.time - origin.time;
      return span > 0 ? (latest.total - origin.total) / span : 0;
    },
  };
}
