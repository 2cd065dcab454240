/**
 * The times T, 2T, … of a simulation, for what is to happen at even distances whatever the run does: a mark is passed after all
 * that happens at its time and before anything later.
 */
import type { Time } from '../../protocols/sync/events.js';

export interface TimeMarks {
  readonly every: Time;
  /** The clock passes a mark. What it returns is waited for. */
  readonly onMark: (mark: Time) => void | Promise<void>;
}

export class PassingMarks {
  readonly #marks: TimeMarks | null;
  #passed = 0;

  /** @param marks null: none */
  constructor(marks: TimeMarks | null) {
    this.#marks = marks;
  }

  /**
   * The next mark if it comes before whatever happens next, and not after the end; else null.
   * @param next when something happens; undefined: nothing ever does
   * @param until the run's end; null: none but that
   */
  due(next: Time | undefined, until: Time | null): Time | null {
    if (this.#marks === null) return null;
    // Without the digits that multiplying adds: the third mark of every 0.1 is 0.3.
    const mark = Number(((this.#passed + 1) * this.#marks.every).toPrecision(12));
    if (until !== null && mark > until) return null;
    const isNext = next === undefined ? until !== null : mark < next;
    return isNext ? mark : null;
  }

  pass(mark: Time): void | Promise<void> {
    this.#passed += 1;
    return this.#marks?.onMark(mark);
  }
}
