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
import { type Occurrence, Slots } from './slots.js';

export type { Occurrence } from './slots.js';

/**
 * A binary heap: `push` and `pop` cost the logarithm of its length. It moves slot numbers and compares what lies in flat
 * arrays: at the largest fleets the cost is that of looking things up in memory, and the less of it is touched, the better.
 */
export class EventQueue<Item extends Occurrence> {
  readonly #isVoid: (item: Item) => boolean;
  readonly #slots = new Slots<Item>();
  #heap = new TinyQueue<number>([], this.#slots.compare);
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
    this.#heap.push(this.#slots.fill(item, place ?? this.#pushed));
  }

  /** What will be given out, in that order. */
  items(): Item[] {
    const slots = [...this.#heap.data].sort(this.#slots.compare);
    return slots.flatMap((slot) => {
      const item = this.#slots.itemOf(slot);
      return item === null || this.#isVoid(item) ? [] : [item];
    });
  }

  peek(): Item | undefined {
    for (let slot = this.#heap.peek(); slot !== undefined; slot = this.#heap.peek()) {
      const item = this.#slots.itemOf(slot);
      if (item !== null && !this.#isVoid(item)) return item;
      this.#drop();
      this.#void -= 1;
    }
    return undefined;
  }

  pop(): Item | undefined {
    const next = this.peek();
    if (next !== undefined) this.#drop();
    return next;
  }

  /** To be called when an item of the queue has become void. Once in as many calls as half the queue, all void ones are dropped. */
  hasVoid(): void {
    this.#void += 1;
    if (this.#void < leastSwept || this.#void <= this.#heap.length / 2) return;
    const left: number[] = [];
    for (const slot of this.#heap.data) {
      const item = this.#slots.itemOf(slot);
      if (item === null || this.#isVoid(item)) this.#slots.clear(slot);
      else left.push(slot);
    }
    this.#heap = new TinyQueue(left, this.#slots.compare);
    this.#void = 0;
  }

  #drop(): void {
    const slot = this.#heap.pop();
    if (slot !== undefined) this.#slots.clear(slot);
  }
}

/** Fewer are not worth the trouble. */
const leastSwept = 16;
