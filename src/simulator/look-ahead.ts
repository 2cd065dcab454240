/**
 * Computes tasks before simulated time has come to their ends, so that the threads compute while the clock waits: what ends
 * first begins first, but for tasks of which it can be foreseen that a restart will throw them away. What a task gives depends
 * on the task alone, so the order in which tasks are computed changes no result.
 */
import type { Compute, LocalTask, LocalUpdate } from '../compute/compute.js';
import { firstToEnd, type Outlook, type UnderWay } from './forecast.js';

/** A task that is computed, or will be. */
export interface Computation {
  /** Its update, as soon as it is there. Rejects with what the computing threw, twice. */
  result(): LocalUpdate | Promise<LocalUpdate>;
  /** It is not needed: not computed if it has not begun, stopped at the next step boundary if it has. Nothing of it is
   *  kept. */
  cancel(): void;
}

export interface LookAhead {
  /** To be computed, from the next `proceed` on. */
  begin(task: LocalTask, due: Pick<UnderWay, 'version' | 'endsAt'>): Computation;
  /**
   * All tasks of this instant are known: free threads take up what will be needed first.
   * @param outlook asked between two events only, and not before a thread is free
   */
  proceed(outlook: () => Outlook | null): void;
  /** Tasks that were begun by a thread. */
  readonly started: number;
}

interface Entry extends UnderWay {
  /** Null once it is cancelled: it holds a whole model. */
  task: LocalTask | null;
  begun: boolean;
  /** The clock has come to its end. */
  ended: boolean;
  readonly abort: AbortController;
  readonly promise: Promise<LocalUpdate>;
  resolve(update: LocalUpdate): void;
  reject(reason: unknown): void;
  update: LocalUpdate | null;
}

const notNeeded = new Error('the task is not needed any more');

export function createLookAhead(compute: Pick<Compute, 'run' | 'threads'>): LookAhead {
  // A thread has one task at a time, and none of which a restart is foreseen, even where it has nothing else to do: what is needed
  // may come at any moment, and would wait for it.
  const most = Math.max(1, compute.threads);
  /** All that have not ended, by their ends. */
  let pending: Entry[] = [];
  let outlook: () => Outlook | null = () => null;
  let running = 0;
  let started = 0;

  const work = (): void => {
    while (running < most) {
      const next = choose();
      if (next?.task == null) return;
      start(next, next.task);
    }
  };

  const choose = (): Entry | null => {
    const open = pending.filter(isOpen);
    if (open.length === 0) return null;
    return open.find(({ ended }) => ended) ?? firstToEnd(pending, isOpen, outlook());
  };

  const start = (entry: Entry, task: LocalTask): void => {
    entry.begun = true;
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
    begin(task, { endsAt, version }) {
      const { promise, resolve, reject } = deferred<LocalUpdate>();
      // Whoever needs the update hears of it from `result`.
      promise.catch(() => undefined);
      const abort = new AbortController();
      const entry: Entry = {
        task,
        worker: task.worker,
        attempt: task.attempt,
        version,
        endsAt,
        begun: false,
        ended: false,
        abort,
        promise,
        resolve,
        reject,
        update: null,
      };
      pending.push(entry);
      return {
        result() {
          entry.ended = true;
          // Foreseen was a restart that did not come.
          if (!entry.begun) work();
          return entry.update ?? promise;
        },
        cancel() {
          entry.task = null;
          entry.update = null;
          abort.abort(notNeeded);
        },
      };
    },
    proceed(now) {
      outlook = now;
      pending = pending.filter(({ task, ended }) => task !== null && !ended).sort(byEnd);
      work();
    },
  };
}

function isOpen({ task, begun }: Entry): boolean {
  return task !== null && !begun;
}

function byEnd(a: Entry, b: Entry): number {
  return a.endsAt - b.endsAt || a.worker - b.worker;
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
