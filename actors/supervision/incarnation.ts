/**
 * One life of an actor: its timers, watches, open asks and children, and the context through which its behaviour uses
 * them.
 *
 * Invariant: after `end()` nothing of it acts any more: timers and watches are cancelled, asks rejected, and what it
 * tells itself is a dead letter.
 */
import type { CancelTimer, Clock } from '../../src/clock/clock.js';
import type { ActorContext, ActorRef, ActorSpec, Behaviour, EndReason, Recipient } from './types.js';

/** What an incarnation needs of the actor that it is a life of. */
export interface Host<Message> {
  readonly name: string;
  readonly path: string;
  readonly clock: Clock;
  /** Tells the given incarnation, not whichever is present; `settled` runs when its handler ended or none will. */
  tellSelf(life: Incarnation<Message>, message: Message, settled?: () => void): void;
  crashed(life: Incarnation<Message>, error: unknown): void;
  spawnChild<ChildMessage>(life: Incarnation<Message>, spec: ActorSpec<ChildMessage>): ActorRef<ChildMessage>;
  stop(): Promise<void>;
}

export class Incarnation<Message> {
  readonly number: number;
  /** Living children by name. */
  readonly children = new Map<string, { readonly stop: () => Promise<void> }>();
  /** Set once `start` has made it. */
  behaviour: Behaviour<Message> | undefined;
  readonly #cleanups = new Set<() => void>();
  readonly #abort = new AbortController();
  #endReason: EndReason | null = null;

  constructor(number: number) {
    this.number = number;
  }

  /** Null while it lives. */
  get endReason(): EndReason | null {
    return this.#endReason;
  }

  get ended(): boolean {
    return this.#endReason !== null;
  }

  /** Runs `cleanup` when the incarnation ends, unless the returned function has been called before. */
  onEnd(cleanup: () => void): () => void {
    this.#cleanups.add(cleanup);
    return () => this.#cleanups.delete(cleanup);
  }

  end(reason: EndReason): void {
    this.#endReason = reason;
    this.#abort.abort();
    for (const cleanup of this.#cleanups) cleanup();
    this.#cleanups.clear();
  }

  context(host: Host<Message>): ActorContext<Message> {
    const { name, path, clock } = host;
    const self: Recipient<Message> = { path, tell: (message) => host.tellSelf(this, message) };
    const tellMade = (make: () => Message): void => {
      try {
        self.tell(make());
      } catch (error) {
        host.crashed(this, error);
      }
    };
    return {
      name,
      path,
      incarnation: this.number,
      self,
      signal: this.#abort.signal,
      now: () => clock.now(),
      after: (seconds, message) => this.#timer(clock, seconds, () => self.tell(message)),
      every: (seconds, message) => this.#every(host, seconds, message),
      pipe: (promise, resolved, rejected) => {
        void promise.then(
          (value) => tellMade(() => resolved(value)),
          (error: unknown) => tellMade(() => rejected(error)),
        );
      },
      watch: (ref, message) => {
        let watching = true;
        const unwatch = (): void => {
          watching = false;
        };
        const forget = this.onEnd(unwatch);
        void ref.terminated.then((termination) => {
          forget();
          if (watching) tellMade(() => message(termination));
        });
        return unwatch;
      },
      spawn: (spec) => host.spawnChild(this, spec),
      stop: () => void host.stop(),
    };
  }

  #timer(clock: Clock, seconds: number, callback: () => void): CancelTimer {
    if (this.ended) return () => undefined;
    const cancel = clock.after(seconds, () => {
      forget();
      callback();
    });
    const forget = this.onEnd(cancel);
    return () => {
      forget();
      cancel();
    };
  }

  #every(host: Host<Message>, seconds: number, message: Message): CancelTimer {
    if (!(seconds > 0)) throw new RangeError(`a period must be more than 0 seconds, not ${seconds}`);
    let waiting = false;
    let cancel: CancelTimer;
    const tick = (): void => {
      cancel = this.#timer(host.clock, seconds, tick);
      if (waiting) return;
      waiting = true;
      host.tellSelf(this, message, () => {
        waiting = false;
      });
    };
    cancel = this.#timer(host.clock, seconds, tick);
    return () => cancel();
  }
}
