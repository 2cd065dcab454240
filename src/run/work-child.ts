/**
 * A process of workers as `train --processes` starts it: it hears its job from its parent, works as `stalewart worker` does, and
 * ends with its parent, however that ends.
 */
import { type CancelTimer, systemClock } from '../clock/clock.js';
import { exitCodes, oneLineOf, StalewartError } from '../errors.js';
import { collectLessOften } from '../memory/collect-less-often.js';
import { type WorkOptions, work } from './work.js';

/** How long taking leave may last once nobody is there to stop it. */
const leaveSeconds = 3;

collectLessOften();

async function workFor(job: WorkOptions): Promise<void> {
  const { stdout } = process;
  // Nobody reads any more: the parent is gone.
  stdout.on('error', () => undefined);
  const working = work(job);
  working.notices$.subscribe(({ message }) => stdout.write(`${message}\n`));
  let giveUp: CancelTimer = () => undefined;
  let over = false;
  const leave = (reason: string): void => {
    if (over) return;
    giveUp = systemClock().after(leaveSeconds, () => process.exit(exitCodes.finished));
    void working.stop(reason).catch(() => undefined);
  };
  process.on('disconnect', () => leave('the process that started it is gone'));
  // Ctrl-C reaches the whole group; the parent decides when its workers end.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => leave('SIGTERM'));
  try {
    const { reason } = await working.done;
    stdout.write(`left: ${reason}\n`);
    process.exitCode = exitCodes.finished;
  } catch (error) {
    stdout.write(`${oneLineOf(error)}\n`);
    process.exitCode = error instanceof StalewartError ? error.exitCode : exitCodes.failed;
  } finally {
    over = true;
    giveUp();
    if (process.connected) process.disconnect();
  }
}

// From the parent that forked it, over a channel that nobody else has.
process.once('message', (job) => void workFor(job as WorkOptions));
