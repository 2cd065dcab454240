/**
 * An actor system on a virtual clock whose failures and dead letters are kept in lists, for tests of actors.
 */
import {
  createActorSystem,
  type ActorFailure,
  type ActorSystem,
  type DeadLetter,
  type RestartPolicy,
} from '../../actors/supervision.js';
import { createVirtualClock, type VirtualClock } from './virtual-clock.js';

export interface ActorHarness {
  readonly clock: VirtualClock;
  readonly system: ActorSystem;
  readonly failures: ActorFailure[];
  readonly deadLetters: readonly DeadLetter[];
}

export function createActorHarness(): ActorHarness {
  const clock = createVirtualClock();
  const system = createActorSystem({ clock });
  const failures: ActorFailure[] = [];
  const deadLetters: DeadLetter[] = [];
  system.failures$.subscribe((failure) => failures.push(failure));
  system.deadLetters$.subscribe((letter) => deadLetters.push(letter));
  return { clock, system, failures, deadLetters };
}

/** A policy without jitter that restarts after `delaySeconds`, each time. */
export function restartAfter(delaySeconds: number, maxRestarts = 1000, windowSeconds = 60): RestartPolicy {
  return {
    maxRestarts,
    windowSeconds,
    backoff: { initialSeconds: delaySeconds, maxSeconds: delaySeconds, factor: 1, jitter: 0 },
    random: () => 0,
  };
}

/** A promise and the functions that settle it. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<Value = void>(): Deferred<Value> {
  let resolve!: (value: Value) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Value>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

/** Lets nact itself, which has no clock, handle all that it was told. */
export function settleNact(): Promise<void> {
  return createVirtualClock().settle();
}
