/**
 * The timers that the round engine has asked for: one for the open round, one for the task of each worker where the policy
 * limits their time. The next one of its kind takes the place of the one before.
 */
import { deadlineKind } from '../../protocols/sync/task-deadline.js';
import type { CancelTimer } from '../../src/clock/clock.js';

export class Deadlines {
  readonly #timers = new Map<string, CancelTimer>();

  set(deadline: string, cancel: CancelTimer): void {
    const kind = deadlineKind(deadline);
    this.#timers.get(kind)?.();
    this.#timers.set(kind, cancel);
  }

  clear(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}
