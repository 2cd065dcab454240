/**
 * Ends a run whose time is up: after the open round, or, if that cannot close (a stuck worker under a policy that waits for
 * all), without it. The round is given 10 seconds, or twice as long as the longest round took where that is more; half-way
 * through, whoever watches is told who is awaited.
 */
import type { CancelTimer, Clock } from '../clock/clock.js';

export interface TimeLimitOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Seconds until the time is up. */
  readonly seconds: number;
  readonly stop: (when: 'finish-round' | 'now', reason: string) => void;
  /** Workers that the open round still waits for. */
  readonly awaited: () => readonly number[];
  readonly warn: (message: string) => void;
}

export interface TimeLimit {
  /** A round has closed at this time, in seconds since the start. */
  roundClosed(time: number): void;
  /** Nothing happens any more. */
  cancel(): void;
}

const leastGrace = 10;

export function startTimeLimit({ clock, seconds, stop, awaited, warn }: TimeLimitOptions): TimeLimit {
  const reason = `${seconds} seconds`;
  let lastRoundAt = 0;
  let longestRound = 0;
  let rounds = 0;
  let cancel: CancelTimer = clock.after(seconds, timeIsUp);

  function timeIsUp(): void {
    const grace = Math.max(leastGrace, 2 * longestRound);
    cancel = clock.after(grace / 2, () => roundIsOpen(grace / 2));
    stop('finish-round', reason);
  }

  function roundIsOpen(secondsLeft: number): void {
    const workers = awaited();
    const whom = workers.length === 0 ? '' : `; it waits for ${workersText(workers)}`;
    warn(
      `the time is up, and round ${rounds + 1} is still open${whom}: the run ends without it in ${Math.round(secondsLeft)} s`,
    );
    cancel = clock.after(secondsLeft, () => stop('now', `${reason}, round ${rounds + 1} did not close`));
  }

  return {
    roundClosed(time) {
      longestRound = Math.max(longestRound, time - lastRoundAt);
      lastRoundAt = time;
      rounds += 1;
    },
    cancel: () => cancel(),
  };
}

function workersText(workers: readonly number[]): string {
  const shown = workers.slice(0, 5).join(', ');
  const more = workers.length - 5;
  return `${workers.length === 1 ? 'worker' : 'workers'} ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}
