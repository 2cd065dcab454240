/**
 * SIGINT, SIGTERM and SIGHUP (its terminal was closed): the first ends the run after the open round (or without it, when it
 * does not close soon), the second at once, the third ends the process, saving nothing.
 */
import { exitCodes } from '../errors.js';

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long stopping at once may take. */
const patienceMilliseconds = 10_000;

export interface SignalWatch {
  /** Signals so far. */
  readonly count: number;
  /** Gives the signals back. */
  release(): void;
}

/** What is to be stopped: a run, or a comparison. */
export interface Stoppable {
  stop(when: 'finish-round' | 'now'): Promise<unknown>;
}

/** @param tell shows what will happen */
export function stopOnSignals(run: Stoppable, tell: (text: string) => void): SignalWatch {
  let count = 0;
  let force: NodeJS.Timeout | undefined;
  const stop = (): void => {
    count += 1;
    if (count > 2) process.exit(exitCodes.stopped);
    // "At once" holds also where something that cannot be broken off hangs, such as a dead network drive.
    if (count === 2) force = setTimeout(() => process.exit(exitCodes.stopped), patienceMilliseconds).unref();
    tell(count === 1 ? 'stopping after this round; once more: at once' : 'stopping at once');
    // How it ends is heard from `done`.
    run.stop(count === 1 ? 'finish-round' : 'now').catch(() => undefined);
  };
  for (const signal of stopSignals) process.on(signal, stop);
  return {
    get count() {
      return count;
    },
    release() {
      clearTimeout(force);
      for (const signal of stopSignals) process.off(signal, stop);
    },
  };
}
