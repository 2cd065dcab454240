/**
 * The times T, 2T, … of a simulation, for what is to happen at even distances whatever the run does: a mark is passed after all
 * that happens at its time and before anything later.
 */
import type { Time } from '../../protocols/sync/events.js';

export interface TimeMarks {
  readonly every: Time;
  /** How many have been passed before. Default: none. */
  readonly passed?: number;
  /** The clock passes a mark. What it returns is waited for. */
  readonly onMark: (mark: Time) => void | Promise<void>;
}

export class PassingMarks {
  readonly #marks: TimeMarks | null;
  #passed: number;

  /** @param marks null: none */
  constructor(marks: TimeMarks | null) {
    this.#marks = marks;
    this.#passed = marks?.passed ?? 0;
  }

  /** Null: there are none. */
  get state(): { readonly every: Time; readonly passed: number } | null {
    return this.#marks === null ? null : { every: this.#marks.every, passed: this.#passed };
  }

  /**
   * The next mark if it comes before whatever happens next, and not after the end; else null.
   * @param next when something happens; undefined: nothing ever does
   * @param until the run's end; null: none but that
   */
  due(next: Time | undefined, until: Time | null): Time | null {
    if (this.#marks === null) return null;
    const mark = markAt(this.#passed + 1, this.#marks.every);
    if (until !== null && mark > until) return null;
    const isNext = next === undefined ? until !== null : mark < next;
    return isNext ? mark : null;
  }

  pass(mark: Time): void | Promise<void> {
    this.#passed += 1;
    return this.#marks?.onMark(mark);
  }
}

/** How many marks lie before this time. */
export function marksBefore(time: Time, every: Time): number {
  const near = Math.max(0, Math.floor(time / every) - 1);
  for (let number = near; ; number += 1) if (markAt(number + 1, every) >= time) return number;
}

/** Without the digits that multiplying adds: the third mark of every 0.1 is 0.3. */
function markAt(number: number, every: Time): Time {
  return Number((number * every).toPrecision(12));
}
