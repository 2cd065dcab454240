/**
 * A `Clock` whose time passes only when a test says so. `advance` fires the timers that fall due, in the order of their
 * times (those of one time in the order they were set), and after each lets everything that it set off come to rest.
 *
 * Invariant: a timer sees `now()` at exactly its own time, never later.
 */
import type { CancelTimer, Clock } from '../../src/clock/clock.js';

export interface VirtualClock extends Clock {
  /** Lets `seconds` pass, 0 or more. Rejects if what it sets off does not come to rest. */
  advance(seconds: number): Promise<void>;
  /** Waits until no promise and no `setImmediate` has anything left to do; no time passes. */
  settle(): Promise<void>;
  /** Timers that are set and have not fired. */
  pending(): number;
  /** Seconds until the next timer; null where there is none. */
  untilNext(): number | null;
}

/** Sums of decimal fractions miss the time they mean by less than this. */
const tolerance = 1e-9;

/** A test whose actors keep each other busy for more turns than this without time passing never comes to rest. */
const maxTurns = 1_000_000;

export function createVirtualClock(origin = 0): VirtualClock {
  let now = origin;
  const pending = new Set<{ readonly at: number; readonly callback: () => void }>();

  /** The earliest timer, the first set of equals. */
  const next = () => {
    let first = null;
    for (const timer of pending) if (first === null || timer.at < first.at) first = timer;
    return first;
  };

  return {
    now: () => now,
    after(seconds, callback): CancelTimer {
      const timer = { at: now + Math.max(0, seconds), callback };
      pending.add(timer);
      return () => {
        pending.delete(timer);
      };
    },
    async advance(seconds) {
      const target = now + seconds;
      await settle();
      for (let due = next(); due !== null && due.at <= target + tolerance; due = next()) {
        pending.delete(due);
        now = Math.max(now, due.at);
        due.callback();
        await settle();
      }
      now = Math.max(now, target);
    },
    settle,
    pending: () => pending.size,
    untilNext: () => {
      const due = next();
      return due === null ? null : due.at - now;
    },
  };
}

/** All microtasks run before an immediate does, so rest is reached when no other immediate is waiting. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < maxTurns; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!process.getActiveResourcesInfo().includes('Immediate')) return;
  }
  throw new Error(`nothing came to rest within ${maxTurns} turns of the event loop`);
}
