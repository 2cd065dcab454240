/**
 * The errors that the supervision module itself makes. They pass between actors; what reaches a user is a
 * `StalewartError` that the run makes of them.
 */
import { oneLineOf } from '../../src/errors.js';
import type { ActorFailure } from './types.js';

/** An `ask` that got no answer. */
export class AskError extends Error {
  override readonly name = 'AskError';
  readonly path: string;
  readonly reason: 'timeout' | 'dead-letter' | 'ended';

  constructor(path: string, reason: AskError['reason'], message: string) {
    super(message);
    this.path = path;
    this.reason = reason;
  }
}

/** A parent's crash because a child has used up its restarts. */
export class EscalatedError extends Error {
  override readonly name = 'EscalatedError';
  readonly failure: ActorFailure;

  constructor(failure: ActorFailure, cause: unknown = failure.error) {
    super(`${failure.path} has used up its restarts: ${oneLineOf(failure.error)}`, { cause });
    this.failure = failure;
  }
}
