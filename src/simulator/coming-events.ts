/** What the queue of a simulation holds: tasks on their way, deadlines, and what a record tells. */
import type { Assign, EngineEvent, Time, UpdateArrived, WorkerId } from '../../protocols/sync/events.js';
import { deadlineKind } from '../../protocols/sync/task-deadline.js';
import type { EventQueue, Occurrence } from './event-queue.js';
import type { Computation } from './look-ahead.js';

/** A worker has taken its last step; its update is at the server's link; it has been read. */
export type Stage = 'computed' | 'uploaded' | 'received';

/** Of each task that is under way, the next stage is in the queue. */
export interface Task extends Occurrence {
  readonly type: 'task';
  readonly worker: WorkerId;
  readonly assign: Assign;
  /** Of the stage. */
  time: Time;
  stage: Stage;
  /** Null: there is none, or it was cancelled. */
  computation: Computation | null;
  /** When the worker hears that it is cancelled; null: it is not. */
  cancelledAt: Time | null;
  /** That it starts from; null: it is cancelled, or nobody asks. */
  weights: Float32Array | null;
}

export interface Deadline extends Occurrence {
  readonly type: 'deadline';
  readonly name: string;
  /** The next one of its kind has taken its place. */
  replaced: boolean;
}

/** Of a record: an update arrives; anything else happens. */
export type FromRecord =
  | { readonly type: 'answered'; readonly task: Task; readonly recorded: UpdateArrived }
  | { readonly type: 'unasked'; readonly event: EngineEvent };

export type ComingEvent = Task | Deadline | (Occurrence & FromRecord);

/** A deadline whose place was taken, and the end of a task whose worker heard before that it is cancelled. */
export function isVoid(event: ComingEvent): boolean {
  if (event.type === 'deadline') return event.replaced;
  if (event.type !== 'task' || event.stage !== 'computed') return false;
  return event.cancelledAt !== null && event.cancelledAt <= event.time;
}

/** As the timers of a live run: the next one of its kind takes the place of the one before. */
export class PendingDeadlines {
  readonly #queue: EventQueue<ComingEvent>;
  /** The last one of each kind. */
  readonly #pending = new Map<string, Deadline>();

  constructor(queue: EventQueue<ComingEvent>) {
    this.#queue = queue;
  }

  schedule(name: string, time: Time): void {
    const kind = deadlineKind(name);
    const before = this.#pending.get(kind);
    const deadline: Deadline = { type: 'deadline', time, worker: null, name, replaced: false };
    this.#pending.set(kind, deadline);
    this.#queue.push(deadline);
    if (before === undefined) return;
    before.replaced = true;
    this.#queue.hasVoid();
  }
}
