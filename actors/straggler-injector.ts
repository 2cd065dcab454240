/**
 * Makes workers unequal and unreliable on purpose: it tells each task how long it must take at least, by the run's
 * straggler model, and crashes workers when told to.
 *
 * Invariant: it only delays and kills. What a worker computes, and what the server does about it, is never touched.
 */
import type { TaskTimes } from '../src/stragglers/task-times.js';
import type { ActorRef, ActorSpec } from './supervision.js';

export type StragglerInjectorMessage =
  /**
   * How many seconds a worker whose task has been computed is to wait before it uploads: until the time drawn for the task
   * has passed since its start, and for as long as slowdown and slow spells lengthen the computing. Waiting for a free thread
   * may hide within the drawn time, but never within a slowdown.
   */
  | {
      readonly type: 'delay';
      readonly worker: number;
      readonly attempt: number;
      /** Seconds of computing, without waiting for a thread. */
      readonly computeTime: number;
      readonly startedAt: number;
      readonly reply: (seconds: number) => void;
    }
  /** Crash the worker's present incarnation; the reply says whether there was one to crash. */
  | { readonly type: 'crash'; readonly worker: number; readonly reply: (crashed: boolean) => void };

/** What a worker that was told to crash crashes with. */
export class InjectedCrash extends Error {
  override readonly name = 'InjectedCrash';
}

export interface StragglerInjectorOptions {
  readonly taskTimes: TaskTimes;
  readonly workers: () => ReadonlyMap<number, Pick<ActorRef<never>, 'crash'>>;
}

export function stragglerInjector(options: StragglerInjectorOptions): ActorSpec<StragglerInjectorMessage> {
  return {
    name: 'straggler-injector',
    start: (context) => ({
      receive(message) {
        switch (message.type) {
          case 'delay': {
            const { worker, attempt, computeTime, startedAt } = message;
            const { taskTimes } = options;
            const now = context.now();
            const slowed = taskTimes.stretch(worker, computeTime, now - computeTime) - computeTime;
            const drawn = taskTimes.taskTime(worker, attempt, startedAt) - (now - startedAt);
            message.reply(Math.max(0, slowed, drawn));
            break;
          }
          case 'crash':
            message.reply(
              options.workers().get(message.worker)?.crash(new InjectedCrash('told to crash')) ?? false,
            );
            break;
        }
      },
    }),
  };
}
