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
  /** Version of the model that it was given last. */
  base: number;
  /** Its last work was cancelled because it overran its time limit. */
  limited: boolean;
  /** Its update is held, and it gets no other work before the commit. */
  waits: boolean;
  /** The policy has it wait. */
  paused: boolean;
}

/** It has an assignment that it has not answered. */
export function works({ status, assigned, answered }: WorkerEntry): boolean {
  return status === 'living' && assigned !== null && !answered;
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

  /** Workers that have work or wait for it. */
  get living(): number {
    return [...this.#entries.values()].filter(({ status }) => status === 'living').length;
  }

  /** Whether nobody works, and nobody is to come or to come back. */
  get stand(): boolean {
    return [...this.#entries.values()].every(
      (entry) => entry.status === 'gone' || (entry.status === 'living' && !works(entry)),
    );
  }

  /** Whether nobody is to come, and everybody there waits for the commit. */
  get allWait(): boolean {
    const there = [...this.#entries.values()].filter(({ status }) => status !== 'gone');
    return there.length > 0 && there.every(({ status, waits }) => status === 'living' && waits);
  }

  happened(event: EngineEvent): void {
    if (event.type === 'worker-joined') {
      const entry = this.#entry(event.worker, 'gone');
      if (event.incarnation <= entry.incarnation) return;
      const { incarnation } = event;
      const afresh = { assigned: null, answered: false, waits: false, paused: false } as const;
      Object.assign(entry, { ...afresh, incarnation, status: 'living' });
    } else if (event.type === 'worker-lost') {
      const entry = this.#entries.get(event.worker);
      if (entry === undefined || entry.status === 'gone' || event.incarnation < entry.incarnation) return;
      entry.incarnation = event.incarnation;
      entry.status = event.returns ? 'lost' : 'gone';
      entry.waits = entry.paused = false;
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
    const fresh: WorkerEntry = {
      incarnation: 0,
      status,
      assigned: null,
      answered: false,
      assignedIn: 0,
      base: 0,
      limited: false,
      waits: false,
      paused: false,
    };
    const entry = this.#entries.get(worker) ?? fresh;
    this.#entries.set(worker, entry);
    return entry;
  }
}
