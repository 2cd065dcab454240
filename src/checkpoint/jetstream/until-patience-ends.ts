/**
 * Makes a request again while it fails for a reason that may pass: a connection that is cut, a stream that elects its leader
 * (5 to 8 s after its node was killed). Only for requests that may be carried out twice.
 */
import type { Clock } from '../../clock/clock.js';
import { StalewartError } from '../../errors.js';
import { jetStreamErrorCode } from './jetstream-errors.js';

const pauseSeconds = 0.1;

/** @throws what the last attempt threw, `seconds` after the first; what will not pass at once */
export async function untilPatienceEnds<Value>(
  clock: Clock,
  seconds: number,
  attempt: () => Promise<Value>,
): Promise<Value> {
  const deadline = clock.now() + seconds;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error) || clock.now() >= deadline) throw error;
      await new Promise<void>((resolve) => {
        clock.after(pauseSeconds, resolve);
      });
    }
  }
}

/** Errors with a number are JetStream's considered answer; below 10 010 it says that it is not able to give one now. */
function mayPass(error: unknown): boolean {
  if (error instanceof StalewartError) return false;
  const code = jetStreamErrorCode(error) ?? jetStreamErrorCode(error instanceof Error ? error.cause : null);
  return code === null || code < firstConsidered;
}

const firstConsidered = 10_010;
