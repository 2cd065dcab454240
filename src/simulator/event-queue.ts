/**
 * What will happen in simulated time, earliest first. Ties are broken by a stated rule, so that a simulation has one
 * outcome: at the same instant workers come before deadlines, workers in the order of their numbers, and what one worker
 * does in the order in which it was put in. What has a place of its own, as in a record, comes at its instant in the order of
 * places.
 */
import TinyQueue from 'tinyqueue';
import type { Time, WorkerId } from '../../protocols/sync/events.js';

/** Something at a time: of a worker, or (null) of nobody in particular. */
export interface Occurrence {
  readonly time: Time;
  readonly worker: WorkerId | null;
}

interface Entry<Item> {
  readonly item: Item;
  readonly time: Time;
  readonly worker: number;
  readonly order: number;
}

/** A binary heap: `push` and `pop` cost the logarithm of its length. */
export class EventQueue<Item extends Occurrence> {
  readonly #heap = new TinyQueue<Entry<Item>>([], compare);
  #pushed = 0;

  get length(): number {
    return this.#heap.length;
  }

  /**
   * @param place among what happens at the same instant and of nobody in particular; default: after what was put in before
   * @throws RangeError for a time that is not a number: nothing could be said of its place
   */
  push(item: Item, place?: number): void {
    const { time, worker } = item;
    if (Number.isNaN(time)) throw new RangeError('an event at no time');
    this.#pushed += 1;
    this.#heap.push({ item, time, worker: worker ?? Infinity, order: place ?? this.#pushed });
  }

  peek(): Item | undefined {
    return this.#heap.peek()?.item;
  }

  pop(): Item | undefined {
    return this.#heap.pop()?.item;
  }
}

function compare<Item>(a: Entry<Item>, b: Entry<Item>): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.worker !== b.worker) return a.worker < b.worker ? -1 : 1;
  return a.order - b.order;
}
