/**
 * What is known of each worker from events and assignments alone: which incarnation lives, and which work it has not answered.
 * Part of the books of `trace-checks.ts`.
 */
import type { Assign, EngineEvent, UpdateArrived, WorkerId } from '../../protocols/sync/events.js';

export interface WorkerEntry {
  incarnation: number;
  /** expected, living, lost (returns), gone (for good). */
  status: 'expected' | 'living' | 'lost' | 'gone';
  /** Its last assignment; null before the first of an incarnation. */
  assigned: Assign | null;
  /** An update of that assignment has been decided about. */
  answered: boolean;
  /** Turn in which it was assigned. */
  assignedIn: number;
}

export class WorkerBooks implements Iterable<[WorkerId, WorkerEntry]> {
  readonly #entries = new Map<WorkerId, WorkerEntry>();

  /** @param expected workers 0 … expected − 1 */
  constructor(expected: number) {
    for (let worker = 0; worker < expected; worker++) this.#entry(worker, 'expected');
  }

  /** How many workers are known, also those gone for good. */
  get size(): number {
    return this.#entries.size;
  }

  get(worker: WorkerId): WorkerEntry | undefined {
    return this.#entries.get(worker);
  }

  [Symbol.iterator](): Iterator<[WorkerId, WorkerEntry]> {
    return this.#entries[Symbol.iterator]();
  }

  /** Workers that are not gone for good. */
  get available(): number {
    return [...this.#entries.values()].filter(({ status }) => status !== 'gone').length;
  }

  happened(event: EngineEvent): void {
    if (event.type === 'worker-joined') {
      const entry = this.#entry(event.worker, 'gone');
      if (event.incarnation <= entry.incarnation) return;
      const { incarnation } = event;
      Object.assign(entry, { incarnation, status: 'living', assigned: null, answered: false });
    } else if (event.type === 'worker-lost') {
      const entry = this.#entries.get(event.worker);
      if (entry === undefined || entry.status === 'gone' || event.incarnation < entry.incarnation) return;
      entry.incarnation = event.incarnation;
      entry.status = event.returns ? 'lost' : 'gone';
    }
  }

  /** Who has been given exactly the work that this update answers; null if nobody living has. */
  answering({ worker, incarnation, attempt, baseVersion }: UpdateArrived): WorkerEntry | null {
    const entry = this.#entries.get(worker);
    if (entry?.status !== 'living' || entry.incarnation !== incarnation) return null;
    const { assigned } = entry;
    return assigned?.attempt === attempt && assigned.version === baseVersion ? entry : null;
  }

  #entry(worker: WorkerId, status: 'expected' | 'gone'): WorkerEntry {
    const fresh = { incarnation: 0, status, assigned: null, answered: false, assignedIn: 0 };
    const entry = this.#entries.get(worker) ?? fresh;
    this.#entries.set(worker, entry);
    return entry;
  }
}
