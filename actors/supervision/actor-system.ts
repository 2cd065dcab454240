/**
 * The top of all actors: it starts them, tells their failures and dead letters, and stops them together.
 *
 * Invariant: once `stop()` has resolved, no handler of the system runs, none will, and no timer of it is pending.
 */
import { Subject } from 'rxjs';
import type { Clock } from '../../src/clock/clock.js';
import { openMailboxes } from './mailbox.js';
import { spawnSupervised, type Parent, type Shared } from './supervised-actor.js';
import type { ActorFailure, ActorSystem, DeadLetter, Termination } from './types.js';

export interface ActorSystemOptions {
  /** For messages to people. Default: `actors`. */
  readonly name?: string;
  /** What timers, timeouts and backoff go by. */
  readonly clock: Clock;
}

export function createActorSystem({ name = 'actors', clock }: ActorSystemOptions): ActorSystem {
  const failures = new Subject<ActorFailure>();
  const deadLetters = new Subject<DeadLetter>();
  const counts = { told: 0, handled: 0, deadLetters: 0 };
  const mailboxes = openMailboxes();
  const shared: Shared = {
    clock,
    mailboxes,
    told: () => void counts.told++,
    handled: () => void counts.handled++,
    deadLetter: (letter) => {
      counts.deadLetters++;
      deadLetters.next(letter);
    },
    failed: (failure) => failures.next(failure),
  };

  let outcome: Termination | null = null;
  let resolveTerminated: (termination: Termination) => void;
  const terminated = new Promise<Termination>((resolve) => {
    resolveTerminated = resolve;
  });
  const top: Parent = {
    path: null,
    children: new Map(),
    escalate: ({ failure }) => void end({ type: 'given-up', failure }),
  };

  async function end(termination: Termination): Promise<void> {
    if (outcome === null) {
      outcome = termination;
      await Promise.all([...top.children.values()].map((actor) => actor.stop()));
      mailboxes.close();
      failures.complete();
      deadLetters.complete();
      resolveTerminated(termination);
    }
    await terminated;
  }

  return {
    name,
    spawn: (spec) => {
      if (outcome !== null)
        throw new Error(`actor system "${name}" is stopped: it cannot spawn "${spec.name}"`);
      return spawnSupervised(shared, top, spec);
    },
    failures$: failures.asObservable(),
    deadLetters$: deadLetters.asObservable(),
    counts: () => ({ ...counts }),
    stop: () => end({ type: 'stopped' }),
    terminated,
  };
}
