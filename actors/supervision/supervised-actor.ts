/**
 * One logical actor over all its incarnations: it lets their messages through, catches what they throw, and carries out
 * what the restart policy decides.
 *
 * Everything that must not overlap goes through the one mailbox: starting an incarnation, its messages, and winding it
 * up. So a new incarnation starts only after the last handler, the children and the `stopped` hook of the old one are done.
 */
import type { CancelTimer, Clock } from '../../src/clock/clock.js';
import { AskError, EscalatedError } from './errors.js';
import { Incarnation, type Host } from './incarnation.js';
import type { Mailbox, Mailboxes } from './mailbox.js';
import { checkRestartPolicy, decideRestart, neverRestart } from './restart-policy.js';
import type { ActorFailure, ActorRef, ActorSpec, DeadLetter, Termination } from './types.js';

/** What all actors of a system share. */
export interface Shared {
  readonly clock: Clock;
  readonly mailboxes: Mailboxes;
  readonly told: () => void;
  readonly handled: () => void;
  readonly deadLetter: (letter: DeadLetter) => void;
  readonly failed: (failure: ActorFailure) => void;
}

/** What an actor is a child of: an incarnation of another, or the system. */
export interface Parent {
  /** Null for the system. */
  readonly path: string | null;
  /** Living children by name. */
  readonly children: Map<string, { readonly stop: () => Promise<void> }>;
  readonly escalate: (error: EscalatedError) => void;
}

type Envelope<Message> =
  | { readonly type: 'start'; readonly life: Incarnation<Message> }
  | {
      readonly type: 'message';
      readonly life: Incarnation<Message>;
      readonly message: Message;
      readonly settled: (() => void) | undefined;
    }
  | { readonly type: 'wind-up'; readonly life: Incarnation<Message> };

/** What follows once an incarnation has been wound up. */
type Next =
  | { readonly type: 'stop' }
  | { readonly type: 'restart'; readonly delaySeconds: number }
  | { readonly type: 'give-up'; readonly failure: ActorFailure };

const validName = /^[A-Za-z0-9_-]+$/;

/** @throws Error if the name is taken or not valid @throws StalewartError CONFIG for a wrong restart policy */
export function spawnSupervised<Message>(
  shared: Shared,
  parent: Parent,
  spec: ActorSpec<Message>,
): ActorRef<Message> {
  if (!validName.test(spec.name)) {
    throw new Error(`actor name "${spec.name}" must consist of letters, digits, "-" and "_"`);
  }
  if (parent.children.has(spec.name)) {
    throw new Error(`an actor named "${spec.name}" already lives under ${parent.path ?? 'the system'}`);
  }
  checkRestartPolicy(spec.restart ?? neverRestart);
  const actor = new SupervisedActor(shared, parent, spec);
  parent.children.set(spec.name, actor);
  return actor.ref;
}

class SupervisedActor<Message> implements Host<Message> {
  readonly name: string;
  readonly path: string;
  readonly clock: Clock;
  readonly ref: ActorRef<Message>;
  readonly #shared: Shared;
  readonly #parent: Parent;
  readonly #spec: ActorSpec<Message>;
  readonly #mailbox: Mailbox<Envelope<Message>>;
  /** The present incarnation, or the last one. */
  #life: Incarnation<Message>;
  /** Read once the present incarnation has been wound up. */
  #next: Next = { type: 'stop' };
  /** Set during the backoff only. */
  #cancelRestart: CancelTimer | null = null;
  #restartTimes: readonly number[] = [];
  #over = false;
  #resolveTerminated: (termination: Termination) => void = () => undefined;

  constructor(shared: Shared, parent: Parent, spec: ActorSpec<Message>) {
    this.name = spec.name;
    this.path = parent.path === null ? spec.name : `${parent.path}.${spec.name}`;
    this.clock = shared.clock;
    this.#shared = shared;
    this.#parent = parent;
    this.#spec = spec;
    this.#mailbox = shared.mailboxes.open(this.path, (envelope) => this.#handle(envelope));
    this.#life = this.#begin(spec.firstIncarnation ?? 1);
    this.ref = {
      name: this.name,
      path: this.path,
      incarnation: () => this.#life.number,
      tell: (message) => void this.#tell(message),
      ask: (make, timeoutSeconds) => this.#ask(make, timeoutSeconds),
      stop: () => this.stop(),
      crash: (error) => {
        const living = !this.#life.ended;
        if (living) this.crashed(this.#life, error);
        return living;
      },
      terminated: new Promise((resolve) => {
        this.#resolveTerminated = resolve;
      }),
    };
  }

  tellSelf(life: Incarnation<Message>, message: Message, settled?: () => void): void {
    this.#shared.told();
    if (life.ended) {
      this.#deadLetter(message, 'stale-self');
      settled?.();
    } else {
      this.#mailbox.put({ type: 'message', life, message, settled });
    }
  }

  spawnChild<ChildMessage>(
    life: Incarnation<Message>,
    spec: ActorSpec<ChildMessage>,
  ): ActorRef<ChildMessage> {
    if (life.ended) throw new Error(`${this.path} cannot spawn "${spec.name}": its incarnation has ended`);
    const parent: Parent = {
      path: this.path,
      children: life.children,
      escalate: (error) => this.crashed(life, error),
    };
    return spawnSupervised(this.#shared, parent, spec);
  }

  crashed(life: Incarnation<Message>, error: unknown): void {
    const time = this.clock.now();
    const { name, path } = this;
    const told = { name, path, incarnation: life.number, error, time };
    if (life.ended) {
      this.#shared.failed({ ...told, action: 'already-ended', delaySeconds: 0, restartsInWindow: 0 });
      return;
    }
    const decision = decideRestart(this.#spec.restart ?? neverRestart, this.#restartTimes, time);
    const failure: ActorFailure = { ...told, ...decision };
    this.#next =
      decision.action === 'restarting'
        ? { type: 'restart', delaySeconds: decision.delaySeconds }
        : { type: 'give-up', failure };
    life.end({ type: 'crashed', error });
    this.#mailbox.put({ type: 'wind-up', life });
    this.#shared.failed(failure);
  }

  stop(): Promise<void> {
    if (this.#cancelRestart !== null) {
      this.#cancelRestart();
      this.#terminate({ type: 'stopped' });
    } else if (!this.#life.ended) {
      this.#next = { type: 'stop' };
      this.#life.end({ type: 'stopped' });
      this.#mailbox.put({ type: 'wind-up', life: this.#life });
    } else if (this.#next.type === 'restart') {
      this.#next = { type: 'stop' };
    }
    return this.ref.terminated.then(() => undefined);
  }

  #begin(number: number): Incarnation<Message> {
    const life = new Incarnation<Message>(number);
    this.#mailbox.put({ type: 'start', life });
    return life;
  }

  /** False: it was a dead letter at once. */
  #tell(message: Message): boolean {
    const life = this.#life;
    this.#shared.told();
    if (!life.ended) {
      this.#mailbox.put({ type: 'message', life, message, settled: undefined });
      return true;
    }
    const returns = !this.#over && this.#next.type === 'restart';
    this.#deadLetter(message, returns ? 'between-incarnations' : 'stopped');
    return false;
  }

  #ask<Answer>(make: (reply: (answer: Answer) => void) => Message, timeoutSeconds: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const life = this.#life;
      const fail = (reason: AskError['reason'], why: string): void => {
        close();
        reject(new AskError(this.path, reason, `${this.path} did not answer: ${why}`));
      };
      const cancelTimeout = this.clock.after(timeoutSeconds, () => {
        fail('timeout', `${timeoutSeconds} s have passed`);
      });
      const forget = life.onEnd(() => fail('ended', `incarnation ${life.number} has ended`));
      const close = (): void => {
        cancelTimeout();
        forget();
      };
      try {
        const message = make((answer) => {
          close();
          resolve(answer);
        });
        if (!this.#tell(message)) fail('dead-letter', 'it is not there');
      } catch (error) {
        close();
        reject(error);
      }
    });
  }

  /** Never throws: nact must not meet an error. */
  async #handle(envelope: Envelope<Message>): Promise<void> {
    const { life } = envelope;
    switch (envelope.type) {
      case 'start':
        if (life.ended) return;
        try {
          life.behaviour = await this.#spec.start(life.context(this));
        } catch (error) {
          this.crashed(life, error);
        }
        return;
      case 'message':
        if (life.ended || life.behaviour === undefined) {
          this.#deadLetter(envelope.message, 'ended');
        } else {
          this.#shared.handled();
          try {
            await life.behaviour.receive(envelope.message);
          } catch (error) {
            this.crashed(life, error);
          }
        }
        envelope.settled?.();
        return;
      case 'wind-up':
        await this.#windUp(life);
    }
  }

  async #windUp(life: Incarnation<Message>): Promise<void> {
    await Promise.all([...life.children.values()].map((child) => child.stop()));
    if (life.endReason !== null) {
      try {
        await life.behaviour?.stopped?.(life.endReason);
      } catch (error) {
        this.crashed(life, error);
      }
    }
    switch (this.#next.type) {
      case 'restart':
        this.#cancelRestart = this.clock.after(this.#next.delaySeconds, () => this.#restart());
        break;
      case 'stop':
        this.#terminate({ type: 'stopped' });
        break;
      case 'give-up':
        this.#terminate({ type: 'given-up', failure: this.#next.failure });
        this.#tellGivenUp(this.#next.failure);
    }
  }

  #restart(): void {
    this.#cancelRestart = null;
    const { windowSeconds } = this.#spec.restart ?? neverRestart;
    const now = this.clock.now();
    this.#restartTimes = [...this.#restartTimes.filter((time) => time > now - windowSeconds), now];
    this.#life = this.#begin(this.#life.number + 1);
  }

  #terminate(termination: Termination): void {
    this.#cancelRestart = null;
    this.#over = true;
    this.#mailbox.close();
    this.#parent.children.delete(this.name);
    this.#resolveTerminated(termination);
  }

  #tellGivenUp(failure: ActorFailure): void {
    const { onGivenUp } = this.#spec;
    if (onGivenUp === undefined) {
      this.#parent.escalate(new EscalatedError(failure));
      return;
    }
    try {
      onGivenUp(failure);
    } catch (error) {
      this.crashed(this.#life, error);
      this.#parent.escalate(new EscalatedError(failure, error));
    }
  }

  #deadLetter(message: Message, reason: DeadLetter['reason']): void {
    this.#shared.deadLetter({ to: this.path, message, reason });
  }
}
