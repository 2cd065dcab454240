/**
 * One compute thread as the main thread sees it: it starts or refuses, answers its jobs one after the other, and ends once. While
 * it is idle it does not keep the process alive, so that a run which failed without closing its pool can still exit.
 */
import { Worker } from 'node:worker_threads';
import { StalewartError } from '../errors.js';
import type { ModelInfo } from './compute.js';
import {
  type JobMessage,
  reviveError,
  type StartPhase,
  type ThreadData,
  type ThreadMessage,
} from './thread-messages.js';

export type Answer = Exclude<ThreadMessage, { type: 'ready' | 'cannot-start' }>;

/** Why a thread did not start. */
export interface StartFailure {
  readonly phase: StartPhase;
  readonly error: Error;
}

export interface ThreadHandlers {
  ready(model: ModelInfo): void;
  cannotStart(failure: StartFailure): void;
  answered(answer: Answer): void;
  /** The thread ended after it was ready, unasked. */
  died(error: StalewartError): void;
}

export interface ComputeThread {
  /** Gives the thread a job, to do after those that it has; only when it is ready. */
  give(message: JobMessage): void;
  /** Ends the thread, whatever it is doing; no handler is called from now on. */
  end(): Promise<void>;
}

export function startComputeThread(data: ThreadData, handlers: ThreadHandlers): ComputeThread {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: data });
  let state: 'starting' | 'ready' | 'ended' = 'starting';
  let uncaught: unknown;
  let unanswered = 0;

  worker.on('message', (message: ThreadMessage) => {
    if (state === 'ended') return;
    switch (message.type) {
      case 'ready':
        state = 'ready';
        worker.unref();
        handlers.ready(message.model);
        break;
      case 'cannot-start':
        handlers.cannotStart({ phase: message.phase, error: reviveError(message.error) });
        break;
      default:
        unanswered -= 1;
        if (unanswered === 0) worker.unref();
        handlers.answered(message);
    }
  });
  worker.on('messageerror', (error) => {
    uncaught = error; // its answer cannot be read, so none will come
    void worker.terminate();
  });
  worker.on('error', (error) => (uncaught = error));
  worker.on('exit', (exitCode) => {
    const was = state;
    state = 'ended';
    if (was === 'ended') return;
    const error = new StalewartError(
      'COMPUTE',
      uncaught instanceof Error
        ? `a compute thread ended: ${uncaught.message}`
        : `a compute thread exited with code ${exitCode}`,
      { cause: uncaught },
    );
    if (was === 'ready') handlers.died(error);
    else handlers.cannotStart({ phase: 'backend', error }); // it did not say how far it got
  });

  return {
    give(message) {
      unanswered += 1;
      worker.ref();
      worker.postMessage(message);
    },
    async end() {
      state = 'ended';
      await worker.terminate();
    },
  };
}
