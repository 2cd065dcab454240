/**
 * The jobs that wait for a thread, first come, first served, with one exception: a worker whose task was withdrawn before
 * it began (the restart of a worker that is too stale) keeps its place for its next task. Otherwise a worker that is
 * restarted while it queues would be put last again and again, and where there are more workers than threads and the bound
 * is tight it would never compute at all. The same holds for a turn that was taken out but did not come to begin.
 */
import type { Job } from './thread-messages.js';

/** A job and its place in the queue. */
export interface Turn<Item> {
  readonly item: Item;
  readonly place: number;
}

export class JobQueue<Item extends { readonly job: Job }> {
  /** In the order of their places. */
  readonly #turns: Turn<Item>[] = [];
  /** Places of withdrawn tasks, kept for the next task of the worker. */
  readonly #kept = new Map<number, number>();
  #nextPlace = 0;

  /** How many wait. */
  get length(): number {
    return this.#turns.length;
  }

  add(item: Item): void {
    const worker = workerOf(item);
    const kept = worker === null ? undefined : this.#kept.get(worker);
    if (worker !== null) this.#kept.delete(worker);
    this.putBack({ item, place: kept ?? this.#nextPlace++ });
  }

  /** Takes the first out; undefined where none waits. */
  shift(): Turn<Item> | undefined {
    return this.#turns.shift();
  }

  /** Has it wait again, at its place. */
  putBack(turn: Turn<Item>): void {
    const behind = this.#turns.findIndex(({ place }) => place > turn.place);
    this.#turns.splice(behind < 0 ? this.#turns.length : behind, 0, turn);
  }

  /** The next task of the worker gets the place of this one, which was taken out but will not begin. */
  keepPlace({ item, place }: Turn<Item>): void {
    const worker = workerOf(item);
    if (worker !== null) this.#kept.set(worker, place);
  }

  /** Takes this one out before its turn. False: it does not wait. */
  withdraw(item: Item): boolean {
    const index = this.#turns.findIndex((turn) => turn.item === item);
    const [turn] = index < 0 ? [] : this.#turns.splice(index, 1);
    if (turn === undefined) return false;
    this.keepPlace(turn);
    return true;
  }

  /** Takes all out. */
  clear(): readonly Item[] {
    this.#kept.clear();
    return this.#turns.splice(0).map(({ item }) => item);
  }
}

function workerOf({ job }: { readonly job: Job }): number | null {
  return job.type === 'train' ? job.task.worker : null;
}
