/**
 * Makes workers unequal and unreliable on purpose: it tells each task how long it must take at least, by the run's
 * straggler model, and crashes workers when told to.
 *
 * Invariant: it only delays and kills. What a worker computes, and what the server does about it, is never touched.
 */
import type { TaskTimes } from '../src/stragglers/task-times.js';
import type { ActorRef, ActorSpec } from './supervision.js';

export type StragglerInjectorMessage =
  /** How long the worker's task is to last in all, from its start, given that computing took `computeTime` seconds. */
  | {
      readonly type: 'task-time';
      readonly worker: number;
      readonly attempt: number;
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
    start: () => ({
      receive(message) {
        switch (message.type) {
          case 'task-time': {
            const { worker, attempt, computeTime, startedAt } = message;
            message.reply(options.taskTimes.targetTime(worker, attempt, computeTime, startedAt));
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
