/** Carries out `stalewart worker`: connects a process of workers to the terminal, to the signals that end it, and to the exit code. */
import { exitCodes } from '../errors.js';
import { type WorkOptions, work } from '../run/work.js';
import { createLiveScreen } from '../telemetry/live-screen.js';
import { systemClock } from '../clock/clock.js';
import { createLogger } from '../telemetry/logger.js';
import { createFetchDisplay } from './fetch-display.js';

const leaveOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @returns the exit code @throws StalewartError as `work` */
export async function runWorkerCommand(options: WorkOptions): Promise<number> {
  process.stderr.on('error', () => undefined);
  const screen = createLiveScreen({ clock: systemClock() });
  const logger = createLogger({
    destinations: [{ format: 'plain', colour: screen.colour, write: (text) => screen.print(text) }],
  });
  const fetchDisplay = createFetchDisplay(process.stderr);
  const working = work(options, { onFetchProgress: (progress) => fetchDisplay.update(progress) });
  working.notices$.subscribe(({ level, message }) => logger[level](message));
  logger.info(`process ${working.name}`);
  let signals = 0;
  const leave = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (signals > 1) process.exit(exitCodes.stopped);
    // How it ends is heard from `done`.
    working.stop(signal).catch(() => undefined);
  };
  for (const signal of leaveOn) process.on(signal, leave);
  try {
    const { status, reason } = await working.done;
    logger.info(status === 'left' ? `left the run: ${reason}` : `the run has ${ended[status]}: ${reason}`);
    return exitCodes.finished;
  } finally {
    fetchDisplay.end();
    for (const signal of leaveOn) process.off(signal, leave);
  }
}

const ended = { finished: 'finished', stopped: 'been stopped', failed: 'failed' } as const;
