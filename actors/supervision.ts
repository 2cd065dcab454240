/**
 * The one door to actors: what every actor of Stalewart is built on. nact gives each its mailbox; this module gives what
 * nact lacks (limited restarts with backoff, death watch, dead letters, fenced incarnations, timers) and keeps its
 * faults from being met. An actor is a `Behaviour`: an object with `receive`, made afresh by `start` for each incarnation.
 *
 * Invariants: at most one handler of an actor runs at a time, over all its incarnations; a message reaches only the
 * incarnation that lived when it was told; every message is handled or is a dead letter; no error is lost and none
 * leaves an actor unhandled.
 */
export { createActorSystem } from './supervision/actor-system.js';
export { AskError, EscalatedError } from './supervision/errors.js';
export {
  backoffSeconds,
  neverRestart,
  type Backoff,
  type RestartPolicy,
} from './supervision/restart-policy.js';
export type {
  ActorContext,
  ActorFailure,
  ActorRef,
  ActorSpec,
  ActorSystem,
  Behaviour,
  DeadLetter,
  EndReason,
  MessageCounts,
  Recipient,
  Termination,
} from './supervision/types.js';
