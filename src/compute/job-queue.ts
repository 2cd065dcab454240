/**
 * The jobs that wait for a thread, first come, first served, with one exception: a worker whose task was withdrawn before
 * it began (the restart of a worker that is too stale) keeps its place for its next task. Otherwise a worker that is
 * restarted while it queues would be put last again and again, and where there are more workers than threads and the bound
 * is tight it would never compute at all.
 */
import type { Job } from './thread-messages.js';

interface Entry<Item> {
  readonly item: Item;
  readonly place: number;
}

export class JobQueue<Item extends { readonly job: Job }> {
  /** In the order of their places. */
  readonly #entries: Entry<Item>[] = [];
  /** Places of withdrawn tasks, kept for the next task of the worker. */
  readonly #kept = new Map<number, number>();
  #nextPlace = 0;

  add(item: Item): void {
    const worker = workerOf(item);
    const kept = worker === null ? undefined : this.#kept.get(worker);
    if (worker !== null) this.#kept.delete(worker);
    const place = kept ?? this.#nextPlace++;
    const behind = this.#entries.findIndex((entry) => entry.place > place);
    this.#entries.splice(behind < 0 ? this.#entries.length : behind, 0, { item, place });
  }

  /** Takes the first out; undefined where none waits. */
  shift(): Item | undefined {
    return this.#entries.shift()?.item;
  }

  /** Takes this one out before its turn. False: it does not wait. */
  withdraw(item: Item): boolean {
    const index = this.#entries.findIndex((entry) => entry.item === item);
    const [entry] = index < 0 ? [] : this.#entries.splice(index, 1);
    if (entry === undefined) return false;
    const worker = workerOf(item);
    if (worker !== null) this.#kept.set(worker, entry.place);
    return true;
  }

  /** Takes all out. */
  clear(): readonly Item[] {
    this.#kept.clear();
    return this.#entries.splice(0).map(({ item }) => item);
  }
}

function workerOf({ job }: { readonly job: Job }): number | null {
  return job.type === 'train' ? job.task.worker : null;
}
