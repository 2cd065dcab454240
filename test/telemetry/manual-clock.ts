/** A clock that a test moves by hand. */
import type { Clock } from '../../src/clock/clock.js';

export interface ManualClock extends Clock {
  /** Lets time pass; timers that fall due are called in their order. */
  advance(seconds: number): void;
  /** Timers that wait. */
  readonly pending: number;
}

export function createManualClock(): ManualClock {
  let time = 0;
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  return {
    now: () => time,
    after(seconds, callback) {
      const timer = { at: time + Math.max(0, seconds), callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(seconds) {
      const end = time + seconds;
      for (;;) {
        const [next] = [...timers].sort((one, other) => one.at - other.at);
        if (next === undefined || next.at > end) break;
        timers = timers.filter((timer) => timer !== next);
        time = next.at;
        next.callback();
      }
      time = end;
    },
    get pending() {
      return timers.length;
    },
  };
}
