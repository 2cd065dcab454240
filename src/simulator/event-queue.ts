/**
 * What will happen in simulated time, earliest first. Ties are broken by a stated rule, so that a simulation has one
 * outcome: at the same instant workers come before deadlines, workers in the order of their numbers, and what one worker
 * does in the order in which it was put in. What has a place of its own, as in a record, comes at its instant in the order of
 * places.
 *
 * What is put in may become void, as the end of a cancelled task. It is never given out, and at most as much of it stays in the
 * queue as there is besides: memory follows what will happen, not what might have.
 */
import TinyQueue from 'tinyqueue';
import type { Time, WorkerId } from '../../protocols/sync/events.js';

/** Something at a time: of a worker, or (null) of nobody in particular. */
export interface Occurrence {
  readonly time: Time;
  readonly worker: WorkerId | null;
}

/** Two words for each item: at the largest fleets the queue is most of the memory. */
interface Entry<Item> {
  readonly item: Item;
  readonly order: number;
}

/** A binary heap: `push` and `pop` cost the logarithm of its length. */
export class EventQueue<Item extends Occurrence> {
  readonly #isVoid: (item: Item) => boolean;
  #heap = new TinyQueue<Entry<Item>>([], compare);
  #pushed = 0;
  /** Void entries that are still in the heap, at most. */
  #void = 0;

  /** @param isVoid whether the item is not to happen any more; once true, always true. Default: never */
  constructor(isVoid: (item: Item) => boolean = () => false) {
    this.#isVoid = isVoid;
  }

  /** Void items that were not cleared away yet are among them. */
  get length(): number {
    return this.#heap.length;
  }

  /**
   * @param item its time and worker stay as they are while it is in the queue
   * @param place among what happens at the same instant and of nobody in particular; default: after what was put in before
   * @throws RangeError for a time that is not a number: nothing could be said of its place
   */
  push(item: Item, place?: number): void {
    if (Number.isNaN(item.time)) throw new RangeError('an event at no time');
    this.#pushed += 1;
    this.#heap.push({ item, order: place ?? this.#pushed });
  }

  /** What will be given out, in that order. */
  items(): Item[] {
    const entries = this.#heap.data.filter(({ item }) => !this.#isVoid(item));
    return entries.sort(compare).map(({ item }) => item);
  }

  peek(): Item | undefined {
    for (let next = this.#heap.peek()?.item; next !== undefined; next = this.#heap.peek()?.item) {
      if (!this.#isVoid(next)) return next;
      this.#heap.pop();
      this.#void -= 1;
    }
    return undefined;
  }

  pop(): Item | undefined {
    const next = this.peek();
    if (next !== undefined) this.#heap.pop();
    return next;
  }

  /** To be called when an item of the queue has become void. Once in as many calls as half the queue, all void ones are dropped. */
  hasVoid(): void {
    this.#void += 1;
    if (this.#void < leastSwept || this.#void <= this.#heap.length / 2) return;
    const left = this.#heap.data.filter(({ item }) => !this.#isVoid(item));
    this.#heap = new TinyQueue(left, compare);
    this.#void = 0;
  }
}

/** Fewer are not worth the trouble. */
const leastSwept = 64;

function compare<Item extends Occurrence>(a: Entry<Item>, b: Entry<Item>): number {
  const { time, worker } = a.item;
  const other = b.item;
  if (time !== other.time) return time < other.time ? -1 : 1;
  if (worker !== other.worker) return (worker ?? Infinity) < (other.worker ?? Infinity) ? -1 : 1;
  return a.order - b.order;
}
