/**
 * What an actor author sees: the specification of an actor, its context, references to it, and what the system
 * reports. Functions are properties, not methods, so that TypeScript refuses a reference to an actor of other messages.
 */
import type { Observable } from 'rxjs';
import type { CancelTimer } from '../../src/clock/clock.js';
import type { RestartPolicy } from './restart-policy.js';

/** Where messages can be sent, and nothing else. Pass this on rather than a whole `ActorRef`. */
export interface Recipient<Message> {
  /** Names of the ancestors and of the actor, joined by dots; unique among living actors. */
  readonly path: string;
  /** Puts the message into the mailbox; never throws, never runs the handler synchronously. */
  readonly tell: (message: Message) => void;
}

/** A logical actor: the reference survives restarts and delivers to the present incarnation. */
export interface ActorRef<Message> extends Recipient<Message> {
  readonly name: string;
  /** Number of the present incarnation, or of the last one. */
  readonly incarnation: () => number;
  /**
   * Tells `make(reply)` and waits for `reply(answer)`; only the first answer counts. There are no query ids to collide.
   * Rejects with an `AskError`: `timeout`, `dead-letter` (never delivered) or `ended` (its incarnation ended unanswered).
   */
  readonly ask: <Answer>(
    make: (reply: (answer: Answer) => void) => Message,
    timeoutSeconds: number,
  ) => Promise<Answer>;
  /**
   * Ends the actor for good. Resolves when the running handler ended, its children are stopped and `stopped` ran: so an
   * actor must not await its own stop (it calls `context.stop()`). What is still queued becomes dead letters.
   */
  readonly stop: () => Promise<void>;
  /** Crashes the present incarnation on purpose, as if its handler had thrown. False: there was none to crash. */
  readonly crash: (error: unknown) => boolean;
  /** Resolves (never rejects) when the actor is over for good, also after its restarts are used up. */
  readonly terminated: Promise<Termination>;
}

/** Why an actor, or a system, is over for good. */
export type Termination =
  | { readonly type: 'stopped' }
  | { readonly type: 'given-up'; readonly failure: ActorFailure };

/** Why an incarnation ended. */
export type EndReason = { readonly type: 'stopped' } | { readonly type: 'crashed'; readonly error: unknown };

/** One incarnation's state and handlers. */
export interface Behaviour<Message> {
  /** Handles one message; the next waits until the returned promise settles. Throwing or rejecting is a crash. */
  readonly receive: (message: Message) => void | Promise<void>;
  /** Runs once, as the last thing of the incarnation, after its running handler and its children ended. */
  readonly stopped?: (reason: EndReason) => void | Promise<void>;
}

/** What an incarnation may do. All of it ends with the incarnation: timers, watches, children, `self`. */
export interface ActorContext<Message> {
  readonly name: string;
  readonly path: string;
  /** `firstIncarnation` (1 by default) for the first life, one more for each restart. */
  readonly incarnation: number;
  /** This incarnation: what a timer or promise of a dead incarnation tells it becomes a dead letter. */
  readonly self: Recipient<Message>;
  /** Aborts when the incarnation ends (also while a handler still runs). */
  readonly signal: AbortSignal;
  /** Seconds, as of the system's clock. */
  readonly now: () => number;
  /** Tells itself the message once, `seconds` from now. */
  readonly after: (seconds: number, message: Message) => CancelTimer;
  /** Tells itself the message every `seconds`; a tick is left out while the one before still waits in the mailbox. */
  readonly every: (seconds: number, message: Message) => CancelTimer;
  /** Tells itself the outcome of a promise: the way to wait without holding up the mailbox. */
  readonly pipe: <Value>(
    promise: Promise<Value>,
    resolved: (value: Value) => Message,
    rejected: (error: unknown) => Message,
  ) => void;
  /** Tells itself when another actor is over for good (at once if it already is). Returns an unwatch. */
  readonly watch: (
    ref: { readonly terminated: Promise<Termination> },
    message: (termination: Termination) => Message,
  ) => () => void;
  /** Starts a child, which ends with this incarnation. @throws Error if the name is taken or not valid */
  readonly spawn: <ChildMessage>(spec: ActorSpec<ChildMessage>) => ActorRef<ChildMessage>;
  /** Ends this actor for good once the running handler has ended. */
  readonly stop: () => void;
}

export interface ActorSpec<Message> {
  /** Letters, digits, `-` and `_`; unique among living siblings. */
  readonly name: string;
  /** Makes the state of a new incarnation; runs in the actor, before its first message. A throw counts as a crash. */
  readonly start: (context: ActorContext<Message>) => Behaviour<Message> | Promise<Behaviour<Message>>;
  /** Default: `neverRestart`; the first crash gives up. */
  readonly restart?: RestartPolicy;
  /** Number of the first incarnation. Default: 1. A process that takes over from a dead one starts higher. */
  readonly firstIncarnation?: number;
  /**
   * Called once the actor is over because its restarts are used up. Default: escalate; the parent crashes with an
   * `EscalatedError`, and at the top the whole system stops. A throw escalates as well.
   */
  readonly onGivenUp?: (failure: ActorFailure) => void;
}

/** A crash and what was decided about it. */
export interface ActorFailure {
  readonly name: string;
  readonly path: string;
  readonly incarnation: number;
  readonly error: unknown;
  /** `already-ended`: the error came from an incarnation that was already being ended (its last handler, `stopped`). */
  readonly action: 'restarting' | 'given-up' | 'already-ended';
  /** Backoff until the next incarnation, counted from the end of this one; 0 unless restarting. */
  readonly delaySeconds: number;
  /** Restarts within the policy's window before this crash. */
  readonly restartsInWindow: number;
  /** Seconds, as of the system's clock. */
  readonly time: number;
}

/** A message that no handler will see. */
export interface DeadLetter {
  readonly to: string;
  readonly message: unknown;
  /**
   * `stopped`: the actor is over for good; `between-incarnations`: it crashed and is not yet back; `ended`: the
   * incarnation it was told to ended while it waited; `stale-self`: a dead incarnation told itself.
   */
  readonly reason: 'stopped' | 'between-incarnations' | 'ended' | 'stale-self';
}

/** Of all messages told in a system: told = handled + deadLetters + those still waiting. */
export interface MessageCounts {
  readonly told: number;
  /** Given to a handler, whether or not it then threw. */
  readonly handled: number;
  readonly deadLetters: number;
}

export interface ActorSystem {
  readonly name: string;
  /** Starts an actor at the top. @throws Error if the name is taken or not valid, or the system is stopped */
  readonly spawn: <Message>(spec: ActorSpec<Message>) => ActorRef<Message>;
  /** Every crash of every actor, told at the moment it happens; completes when the system has stopped. As always in RxJS, a
   *  subscriber that throws is an uncaught exception. */
  readonly failures$: Observable<ActorFailure>;
  /** Every dead letter; completes when the system has stopped (later ones are only counted). */
  readonly deadLetters$: Observable<DeadLetter>;
  readonly counts: () => MessageCounts;
  /** Stops all actors. Resolves when every running handler has ended and no timer is pending. */
  readonly stop: () => Promise<void>;
  /** Resolves (never rejects) when all is stopped; `given-up` if an actor at the top had no `onGivenUp`. */
  readonly terminated: Promise<Termination>;
}
