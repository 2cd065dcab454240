/** The names of the deadlines by which tasks must be finished, for the policies that limit their time. */
import type { WorkerId } from './events.js';

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
