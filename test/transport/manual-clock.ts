/** A clock that stands still until the test moves it. */
import type { Clock } from '../../src/clock/clock.js';

export interface ManualClock extends Clock {
  /** Moves on, calling what falls due on the way. */
  advance(seconds: number): void;
}

export function createManualClock(): ManualClock {
  let time = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => time,
    after(seconds, callback) {
      const timer = { at: time + seconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(seconds) {
      const end = time + seconds;
      for (;;) {
        const [due] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (due === undefined) break;
        timers.delete(due);
        time = due.at;
        due.callback();
      }
      time = end;
    },
  };
}
