/**
 * When a crashed actor is restarted and when it is given up: pure decisions over the times of earlier restarts.
 *
 * Invariant: at most `maxRestarts` restarts are carried out in any stretch of `windowSeconds`. Restarts count from the
 * moment they are carried out, after the backoff, so the bound holds for what really happens.
 */
import { configError } from '../../src/errors.js';

/** Exponential backoff: `initialSeconds · factor^n` after n restarts in the window, at most `maxSeconds`. */
export interface Backoff {
  readonly initialSeconds: number;
  readonly maxSeconds: number;
  /** 1 or more. */
  readonly factor: number;
  /** Part of the delay that is drawn at random, 0 … 1: the delay lies in `(1 − jitter) · d … d`. */
  readonly jitter: number;
}

export interface RestartPolicy {
  /** Restarts allowed within the window; 0: none. */
  readonly maxRestarts: number;
  readonly windowSeconds: number;
  readonly backoff: Backoff;
  /** Uniform in 0 … 1, for the jitter; seeded by the run. */
  readonly random: () => number;
}

/** The first crash gives up. */
export const neverRestart: RestartPolicy = {
  maxRestarts: 0,
  windowSeconds: 1,
  backoff: { initialSeconds: 0, maxSeconds: 0, factor: 1, jitter: 0 },
  random: () => 0,
};

export interface RestartDecision {
  readonly action: 'restarting' | 'given-up';
  readonly delaySeconds: number;
  readonly restartsInWindow: number;
}

/** Delay before the next restart, after `restarts` of them. `draw` is uniform in 0 … 1. */
export function backoffSeconds(backoff: Backoff, restarts: number, draw: number): number {
  const { initialSeconds, maxSeconds, factor, jitter } = backoff;
  // 0 · factor^n would be NaN once factor^n overflows.
  const full = initialSeconds === 0 ? 0 : Math.min(maxSeconds, initialSeconds * factor ** restarts);
  return full * (1 - jitter * draw);
}

/** @param restartTimes when earlier restarts were carried out, ascending, none later than `now` */
export function decideRestart(
  policy: RestartPolicy,
  restartTimes: readonly number[],
  now: number,
): RestartDecision {
  const restartsInWindow = restartTimes.filter((time) => time > now - policy.windowSeconds).length;
  if (restartsInWindow >= policy.maxRestarts) {
    return { action: 'given-up', delaySeconds: 0, restartsInWindow };
  }
  const delaySeconds = backoffSeconds(policy.backoff, restartsInWindow, policy.random());
  return { action: 'restarting', delaySeconds, restartsInWindow };
}

/** @throws StalewartError CONFIG naming the field that is wrong */
export function checkRestartPolicy({ maxRestarts, windowSeconds, backoff }: RestartPolicy): void {
  const { initialSeconds, maxSeconds, factor, jitter } = backoff;
  if (!Number.isInteger(maxRestarts) || maxRestarts < 0) {
    throw configError('maxRestarts', maxRestarts, 'an integer of 0 or more');
  }
  if (!(windowSeconds > 0)) throw configError('windowSeconds', windowSeconds, 'more than 0');
  if (!(initialSeconds >= 0)) throw configError('backoff.initialSeconds', initialSeconds, '0 or more');
  if (!(maxSeconds >= initialSeconds) || maxSeconds === Infinity) {
    throw configError(
      'backoff.maxSeconds',
      maxSeconds,
      `finite and at least initialSeconds (${initialSeconds})`,
    );
  }
  if (!(factor >= 1)) throw configError('backoff.factor', factor, '1 or more');
  if (!(jitter >= 0 && jitter <= 1)) throw configError('backoff.jitter', jitter, 'from 0 to 1');
}
