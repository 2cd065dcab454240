/**
 * Computes tasks before simulated time has come to their ends: whatever is assigned may begin at once, and what ends
 * first begins first, so that the threads compute while the clock waits and little is computed that a restart will throw
 * away. What a task gives depends on the task alone, so the order in which tasks are computed changes no result.
 */
import TinyQueue from 'tinyqueue';
import type { Time } from '../../protocols/sync/events.js';
import type { Compute, LocalTask, LocalUpdate } from '../compute/compute.js';

/** A task that is computed, or will be. */
export interface Computation {
  /** Its update, as soon as it is there. Rejects with what the computing threw, twice. */
  result(): LocalUpdate | Promise<LocalUpdate>;
  /** It is not needed: not computed if it has not begun, stopped at the next step boundary if it has. Nothing of it is
   *  kept. */
  cancel(): void;
}

export interface LookAhead {
  /** @param endsAt when its update is needed */
  begin(task: LocalTask, endsAt: Time): Computation;
  /** Tasks that were begun by a thread. */
  readonly started: number;
}

interface Entry {
  /** Null once it is cancelled: it holds a whole model. */
  task: LocalTask | null;
  readonly endsAt: Time;
  readonly order: number;
  readonly abort: AbortController;
  readonly promise: Promise<LocalUpdate>;
  resolve(update: LocalUpdate): void;
  reject(reason: unknown): void;
  update: LocalUpdate | null;
}

/**
 * One at a time: whatever else were begun ends later, so it is likelier to be cancelled before. With ABS and 10 workers on two
 * threads, three for each thread halved the images/s that count, and gained nothing elsewhere.
 */
const tasksPerThread = 1;

const notNeeded = new Error('the task is not needed any more');

export function createLookAhead(compute: Pick<Compute, 'run' | 'threads'>): LookAhead {
  const most = Math.max(1, compute.threads * tasksPerThread);
  const waiting = new TinyQueue<Entry>([], (a, b) => a.endsAt - b.endsAt || a.order - b.order);
  let running = 0;
  let begun = 0;
  let started = 0;

  const work = (): void => {
    while (running < most) {
      const next = waiting.pop();
      if (next === undefined) return;
      if (next.task !== null) start(next, next.task);
    }
  };

  const start = (entry: Entry, task: LocalTask): void => {
    running += 1;
    started += 1;
    const over = (): void => {
      running -= 1;
      work();
    };
    compute
      .run(task, entry.abort.signal)
      // A thread may die of what another did to its process; the same task gives the same update on the next.
      .catch((error: unknown) => {
        if (entry.task === null) throw error;
        return compute.run(task, entry.abort.signal);
      })
      .then(
        (update) => {
          if (entry.task !== null) entry.update = update;
          entry.resolve(update);
          over();
        },
        (error: unknown) => {
          entry.reject(error);
          over();
        },
      );
  };

  return {
    get started() {
      return started;
    },
    begin(task, endsAt) {
      const { promise, resolve, reject } = deferred<LocalUpdate>();
      // Whoever needs the update hears of it from `result`.
      promise.catch(() => undefined);
      begun += 1;
      const abort = new AbortController();
      const entry: Entry = { task, endsAt, order: begun, abort, promise, resolve, reject, update: null };
      waiting.push(entry);
      work();
      return {
        result: () => entry.update ?? promise,
        cancel() {
          entry.task = null;
          entry.update = null;
          abort.abort(notNeeded);
        },
      };
    },
  };
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<Value>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}
