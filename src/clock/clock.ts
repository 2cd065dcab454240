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

/** What is used of the timers of the global scope. */
export interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(handle: unknown): void;
}

const systemTimers: Timers = {
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout), // what setTimeout gave
};

/** Above it `setTimeout` fires at once. 24.8 days. */
const longestTimeout = 2 ** 31 - 1;

/** The same clock, with its origin so many seconds earlier. */
export function laterClock(clock: Clock, seconds: number): Clock {
  return { now: () => clock.now() + seconds, after: (wait, callback) => clock.after(wait, callback) };
}

/** Wall-clock time from `performance.now()`, which a change of the system's date does not move. */
export function systemClock(timers: Timers = systemTimers): Clock {
  const origin = performance.now();
  return {
    now: () => (performance.now() - origin) / 1000,
    after(seconds, callback) {
      let handle: unknown;
      const wait = (milliseconds: number): void => {
        const now = Math.min(milliseconds, longestTimeout);
        const later = milliseconds - now;
        handle = timers.setTimeout(later > 0 ? () => wait(later) : callback, now);
      };
      wait(Math.max(0, seconds * 1000));
      return () => timers.clearTimeout(handle);
    },
  };
}
