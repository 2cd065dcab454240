/**
 * A process of workers on this machine, supervised like any actor: each incarnation starts it anew, its end is a crash of the
 * actor, and the restart policy says when it comes back (backoff with jitter, at most R restarts in a window) and when it is
 * given up.
 */
import { oneLineOf } from '../src/errors.js';
import type { ActorContext, ActorSpec, Behaviour, RestartPolicy } from './supervision.js';

/** A process that was started. */
export interface ChildProcess {
  /** Resolves (never rejects) when it has ended, with how: `killed by SIGKILL`, `exit code 1: …`. */
  readonly ended: Promise<string>;
  /** Ends it, gently at first; resolves when it has ended. */
  stop(): Promise<void>;
}

export interface ProcessActorOptions {
  /** Of the process: letters, digits, `-`, `_`. */
  readonly process: string;
  readonly start: () => ChildProcess;
  readonly restart: RestartPolicy;
  /** Whether there is nothing left to do for it: then its end is as it should be. */
  readonly isDone: () => boolean;
  /** Its restarts are used up. */
  readonly onGivenUp: (error: unknown) => void;
}

export type ProcessActorMessage = { readonly type: 'ended'; readonly how: string };

/** What the actor crashes with when its process has ended. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

export function processActor(options: ProcessActorOptions): ActorSpec<ProcessActorMessage> {
  return {
    name: `process-${options.process}`,
    restart: options.restart,
    onGivenUp: ({ error }) => options.onGivenUp(error),
    start: (context) => new SupervisedProcess(options, context),
  };
}

class SupervisedProcess implements Behaviour<ProcessActorMessage> {
  readonly #child: ChildProcess;
  readonly #context: ActorContext<ProcessActorMessage>;
  readonly #isDone: () => boolean;

  constructor({ start, isDone }: ProcessActorOptions, context: ActorContext<ProcessActorMessage>) {
    this.#context = context;
    this.#isDone = isDone;
    this.#child = start();
    context.pipe(
      this.#child.ended,
      (how): ProcessActorMessage => ({ type: 'ended', how }),
      (error): ProcessActorMessage => ({ type: 'ended', how: oneLineOf(error) }),
    );
  }

  readonly receive = ({ how }: ProcessActorMessage): void => {
    if (!this.#isDone()) throw new ProcessEnded(how);
    this.#context.stop();
  };

  readonly stopped = (): Promise<void> => this.#child.stop();
}
