/**
 * Time as a dependency. Everything outside `protocols/` that waits does so through a `Clock`, so that tests and
 * simulated runs decide when time passes. `protocols/` never sees a clock: its events carry their time.
 */

/** Cancels a pending timer; calling it twice, or after the timer fired, does nothing. */
export type CancelTimer = () => void;

export interface Clock {
  /** Seconds since the clock's own origin (for a live run: since the run was assembled). Never goes backwards. */
  now(): number;
  /** Calls `callback` once, `seconds` from now (0 or more), never synchronously. */
  after(seconds: number, callback: () => void): CancelTimer;
}

/** Wall-clock time from `performance.now()`, which a change of the system's date does not move. */
export function systemClock(): Clock {
  const origin = performance.now();
  return {
    now: () => (performance.now() - origin) / 1000,
    after(seconds, callback) {
      const handle = setTimeout(callback, Math.max(0, seconds * 1000));
      return () => clearTimeout(handle);
    },
  };
}
