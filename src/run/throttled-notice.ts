/**
 * What happens again and again is told at once the first time, and then at most every few seconds, with how often it happened
 * meanwhile: a flood of like lines hides everything else.
 */
import type { Clock } from '../clock/clock.js';

/** Seconds between two lines. */
const quietSeconds = 10;

export interface ThrottledNotice {
  /** It happened; `detail` says which. */
  readonly tell: (detail: string) => void;
}

/** @param what the plural of what happens, for the count: `updates refused` */
export function throttledNotice(clock: Clock, notice: (text: string) => void, what: string): ThrottledNotice {
  let toldAt = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return {
    tell(detail) {
      untold += 1;
      const now = clock.now();
      if (now - toldAt < quietSeconds) return;
      notice(untold === 1 ? detail : `${detail} (${untold} ${what} since the last such line)`);
      toldAt = now;
      untold = 0;
    },
  };
}
