/**
 * Ends a run after its open round, or, if that cannot close (a stuck worker under a policy that waits for all, a server that is
 * gone), without it. The round is given 10 seconds, or twice as long as the longest round took where that is more; half-way
 * through, whoever watches is told who is awaited. So a time limit holds, and whoever can say `stop` only once (a service
 * manager's SIGTERM) is heard.
 */
import type { CancelTimer, Clock } from '../clock/clock.js';

export interface LastRoundOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly stop: (when: 'finish-round' | 'now', reason: string) => void;
  /** Workers that the open round still waits for. */
  readonly awaited: () => readonly number[];
  readonly warn: (message: string) => void;
  /** Rounds that were closed before, and the time now. Default: none, at 0. */
  readonly from?: { readonly rounds: number; readonly time: number };
}

export interface LastRound {
  /** The open round is the last. Calling it again does nothing. @param why `the time is up` */
  begin(reason: string, why: string): void;
  /** A round has closed at this time, in seconds since the start. */
  roundClosed(time: number): void;
  /** Nothing happens any more, also if it is to begin later. */
  cancel(): void;
}

const leastGrace = 10;

export function createLastRound({ clock, stop, awaited, warn, from }: LastRoundOptions): LastRound {
  let lastRoundAt = from?.time ?? 0;
  let longestRound = 0;
  let rounds = from?.rounds ?? 0;
  let begun = false;
  let over = false;
  let cancel: CancelTimer = () => undefined;

  function roundIsOpen(reason: string, why: string, secondsLeft: number): void {
    const workers = awaited();
    const whom = workers.length === 0 ? '' : `; it waits for ${workersText(workers)}`;
    warn(
      `${why}, and round ${rounds + 1} is still open${whom}: the run ends without it in ${Math.round(secondsLeft)} s`,
    );
    cancel = clock.after(secondsLeft, () => stop('now', `${reason}, round ${rounds + 1} did not close`));
  }

  return {
    begin(reason, why) {
      if (begun || over) return;
      begun = true;
      const grace = Math.max(leastGrace, 2 * longestRound);
      cancel = clock.after(grace / 2, () => roundIsOpen(reason, why, grace / 2));
      stop('finish-round', reason);
    },
    roundClosed(time) {
      longestRound = Math.max(longestRound, time - lastRoundAt);
      lastRoundAt = time;
      rounds += 1;
    },
    cancel() {
      over = true;
      cancel();
    },
  };
}

function workersText(workers: readonly number[]): string {
  const shown = workers.slice(0, 5).join(', ');
  const more = workers.length - 5;
  return `${workers.length === 1 ? 'worker' : 'workers'} ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}
