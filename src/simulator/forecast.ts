/**
 * Which of the tasks under way will be needed first, as far as can be known before. The times of all tasks are known in simulated
 * time, also of those that are still to be given; so rounds are run ahead of the engine with nothing but them: each K^t ends make a
 * commit, after which uploaders begin anew, and so does whoever meets the bound. K^t and the bound are taken to stay as they
 * were at the last commit, and the network to take no time. It is a guess, on which no result depends.
 */
import TinyQueue from 'tinyqueue';
import type { Time, WorkerId } from '../../protocols/sync/events.js';
import type { StalenessTest } from '../../protocols/sync/policy.js';
import { latestStale } from '../../protocols/sync/staleness.js';

/** A task of a worker, with its number among the worker's. */
export interface UnderWay {
  readonly worker: WorkerId;
  readonly attempt: number;
  /** Of the model that it starts from. */
  readonly version: number;
  readonly endsAt: Time;
}

/** What the next commits depend on. */
export interface Outlook {
  readonly version: number;
  /** Contributions that the open round holds. */
  readonly held: number;
  /** The last tasks of those who wait for the commit. */
  readonly waiting: readonly Pick<UnderWay, 'worker' | 'attempt'>[];
  /** K^t. */
  readonly waitCount: number;
  /** τ_max^t; `Infinity`: nobody is restarted. */
  readonly bound: number;
  readonly test: StalenessTest;
  /** Uploaders go on at once. */
  readonly pulls: boolean;
  /** When a task would end that began at this time. */
  endOf(worker: WorkerId, attempt: number, beginsAt: Time): Time;
}

/**
 * @param underWay all tasks under way, by their ends
 * @param isWanted which of them are asked for
 * @param outlook null: no task is restarted
 * @returns of those asked for the one that ends first of all that are not restarted before; null: there is none. What ends before
 *   all others is never taken for restarted
 */
export function firstToEnd<Task extends UnderWay>(
  underWay: readonly Task[],
  isWanted: (task: Task) => boolean,
  outlook: Outlook | null,
): Task | null {
  const first = underWay.find(isWanted) ?? null;
  if (first === null || outlook === null || outlook.bound === Infinity) return first;
  const near = underWay.slice(0, farthest);
  const wanted = new Map<UnderWay, Task>(near.filter(isWanted).map((task) => [task, task]));
  if (wanted.size === 0) return first;
  const rounds = new RoundsAhead(near, outlook);
  for (let ends = 0; ends < farthest && wanted.size > 0; ends += 1) {
    const next = rounds.nextEnd();
    if (next === null) break;
    const found = wanted.get(next);
    if (found !== undefined) return found;
    rounds.end(next, (restarted) => wanted.delete(restarted));
  }
  return wanted.values().next().value ?? null;
}

/** Ends that are looked ahead to, and tasks that are looked at: more would take longer than it saves. */
const farthest = 256;

class RoundsAhead {
  readonly #outlook: Outlook;
  readonly #queue: TinyQueue<UnderWay>;
  /** The task that each worker has in hand. */
  readonly #inHand: Map<WorkerId, UnderWay>;
  #version: number;
  #held: number;
  #waiting: Pick<UnderWay, 'worker' | 'attempt'>[];

  constructor(underWay: readonly UnderWay[], outlook: Outlook) {
    this.#outlook = outlook;
    this.#queue = new TinyQueue([...underWay], (a, b) => a.endsAt - b.endsAt || a.worker - b.worker);
    this.#inHand = new Map(underWay.map((task) => [task.worker, task]));
    this.#version = outlook.version;
    this.#held = outlook.held;
    this.#waiting = [...outlook.waiting];
  }

  nextEnd(): UnderWay | null {
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      if (this.#inHand.get(next.worker) === next) return next;
    }
    return null;
  }

  /** @param onRestart told of each task that is not finished because of it */
  end(task: UnderWay, onRestart: (task: UnderWay) => void): void {
    const { waitCount, bound, test, pulls } = this.#outlook;
    this.#inHand.delete(task.worker);
    this.#waiting.push(task);
    this.#held += 1;
    if (this.#held < waitCount) {
      if (pulls) this.#beginAnew(task.endsAt);
      return;
    }
    this.#held = 0;
    this.#version += 1;
    const latest = latestStale(test, this.#version, bound);
    for (const other of this.#inHand.values()) {
      if (other.version > latest) continue;
      onRestart(other);
      this.#waiting.push(other);
    }
    this.#beginAnew(task.endsAt);
  }

  #beginAnew(now: Time): void {
    for (const { worker, attempt: last } of this.#waiting) {
      const attempt = last + 1;
      const endsAt = this.#outlook.endOf(worker, attempt, now);
      const task = { worker, attempt, version: this.#version, endsAt };
      this.#inHand.set(worker, task);
      this.#queue.push(task);
    }
    this.#waiting = [];
  }
}
