/**
 * Where an event queue keeps its items: each in a numbered slot, and what decides between two of them in flat arrays beside it.
 * Slots that were cleared are filled again, so there are as many as there were items at once.
 */
import type { Time, WorkerId } from '../../protocols/sync/events.js';

/** Something at a time: of a worker, or (null) of nobody in particular. */
export interface Occurrence {
  readonly time: Time;
  readonly worker: WorkerId | null;
}

export class Slots<Item extends Occurrence> {
  /** Null: nothing is in the slot. */
  readonly #items: (Item | null)[] = [];
  readonly #cleared: number[] = [];
  #times = new Float64Array(64);
  /** `Infinity`: of nobody in particular. */
  #workers = new Float64Array(64);
  #orders = new Float64Array(64);

  /** The earlier first, then the lower worker, then the lower order. */
  readonly compare = (a: number, b: number): number => {
    const times = this.#times;
    const timeA = times[a] ?? 0;
    const timeB = times[b] ?? 0;
    if (timeA !== timeB) return timeA < timeB ? -1 : 1;
    const workerA = this.#workers[a] ?? 0;
    const workerB = this.#workers[b] ?? 0;
    if (workerA !== workerB) return workerA < workerB ? -1 : 1;
    return (this.#orders[a] ?? 0) - (this.#orders[b] ?? 0);
  };

  /** @returns the number of the item's slot */
  fill(item: Item, order: number): number {
    const slot = this.#cleared.pop() ?? this.#items.length;
    if (slot === this.#times.length) this.#grow();
    this.#items[slot] = item;
    this.#times[slot] = item.time;
    this.#workers[slot] = item.worker ?? Infinity;
    this.#orders[slot] = order;
    return slot;
  }

  itemOf(slot: number): Item | null {
    return this.#items[slot] ?? null;
  }

  clear(slot: number): void {
    this.#items[slot] = null;
    this.#cleared.push(slot);
  }

  #grow(): void {
    const length = this.#times.length * 2;
    this.#times = longer(this.#times, length);
    this.#workers = longer(this.#workers, length);
    this.#orders = longer(this.#orders, length);
  }
}

function longer(numbers: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length);
  copy.set(numbers);
  return copy;
}
