/**
 * The names of deadlines: `task:3:12`, by which the 12th task of worker 3 must be finished where the policy limits its time, and
 * `round:7` of the round engine. Of each kind one is awaited: the next one takes the place of the one before.
 */
import type { Cancel, EngineEvent, WorkerId } from './events.js';

/** One assignment of a worker, over all its incarnations. */
export interface Task {
  readonly worker: WorkerId;
  readonly attempt: number;
}

export function taskDeadline({ worker, attempt }: Task): string {
  return `task:${worker}:${attempt}`;
}

/** Null: it is the deadline of something else. */
export function taskOfDeadline(deadline: string): Task | null {
  const [, worker, attempt] = /^task:(\d+):(\d+)$/.exec(deadline) ?? [];
  return worker === undefined ? null : { worker: Number(worker), attempt: Number(attempt) };
}

/** Whether the work was cancelled for its time limit, which this event is the end of: that is no restart, nobody fell behind. */
export function isOverrun({ worker, attempt }: Cancel, event: EngineEvent): boolean {
  return event.type === 'deadline-passed' && event.deadline === taskDeadline({ worker, attempt });
}

/** What the deadline is of: the worker, or the round. What counts up comes last in its name. */
export function deadlineKind(deadline: string): string {
  return deadline.slice(0, deadline.lastIndexOf(':'));
}
