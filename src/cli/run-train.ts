/**
 * Carries out `stalewart train` and `simulate`: connects a run to the terminal (progress, log, data set being fetched), to the signals that stop
 * it, and to the exit code. Loaded only once the configuration is known to be right.
 */
import { auditTime } from 'rxjs';
import { systemClock } from '../clock/clock.js';
import { exitCodes, StalewartError } from '../errors.js';
import type { RunMode } from '../config/run-mode.js';
import type { Run, RunInfo } from '../run/run.js';
import { startRun } from '../run/train.js';
import { fromConfig } from '../run/train-options.js';
import { renderFinalBlock } from '../telemetry/final-block.js';
import { createLiveScreen, type LiveScreen } from '../telemetry/live-screen.js';
import { createLogger, type Logger } from '../telemetry/logger.js';
import { createProgress, type Progress } from '../telemetry/progress.js';
import { createFetchDisplay } from './fetch-display.js';
import { stopOnSignals } from './stop-on-signals.js';
import type { TrainRequest } from './train.js';

/** Milliseconds between two looks at the workers. */
const workersEvery = 100;

/** @returns the exit code @throws StalewartError by which the run failed */
export async function runTrainCommand({ mode, config, origin, warnings }: TrainRequest): Promise<number> {
  // A terminal or pipe that is gone must not keep the run from saving.
  process.stdout.on('error', () => undefined);
  const clock = systemClock();
  const screen = createLiveScreen({ clock });
  // Lines from before there is a run directory wait for it.
  const earlyLines: string[] = [];
  let writeLog = (line: string): void => void earlyLines.push(line);
  const logger = createLogger({
    destinations: [
      { format: 'plain', colour: screen.colour, write: (text) => screen.print(text) },
      { format: 'json', level: 'debug', write: (line) => writeLog(line) },
    ],
  });
  for (const warning of warnings) logger.warn(warning);
  const fetchDisplay = createFetchDisplay(process.stderr);
  const run = startRun(fromConfig(config, mode), {
    origin,
    onFetchProgress: (progress) => fetchDisplay.update(progress),
  });
  let progress: Progress | null = null;
  const signals = stopOnSignals(run, (text) =>
    progress === null ? logger.info(text) : progress.notice(text),
  );
  try {
    run.notices$.subscribe(({ level, message }) => logger[level](message));
    // A run that fails before it begins is told of by `done`.
    const info = await run.ready.catch(() => null);
    fetchDisplay.end();
    if (info !== null) {
      writeLog = info.writeLog ?? (() => undefined);
      earlyLines.forEach(writeLog);
      progress = showProgress(run, info, mode, screen, logger);
    }
    const summary = await run.done;
    const cut = signals.count > 1 && summary.finalAccuracy === null;
    return summary.status === 'stopped' || cut ? exitCodes.stopped : exitCodes.finished;
  } catch (error) {
    if (!(error instanceof StalewartError) || error.code !== 'STOPPED') throw error;
    logger.info('stopped before the first round');
    return exitCodes.stopped;
  } finally {
    signals.release();
    progress?.close();
    await report(run, mode, config.json, screen);
  }
}

function showProgress(run: Run, info: RunInfo, mode: RunMode, screen: LiveScreen, logger: Logger): Progress {
  const { config, model, dataset, backend, threads, transport } = info;
  logger.info(`backend ${backend}: ${info.backendReason}`);
  logger.info(`engine ${info.engine}: ${info.engineReason}`);
  const { policy, workers, rounds, time, targetAccuracy } = config;
  const progress = createProgress({
    header: { policy, model: model.name, dataset: dataset.name, backend, threads, workers, mode: transport },
    goal: { rounds, time, targetAccuracy },
    realTime: mode === 'live',
    screen,
    logger,
    clock: systemClock(),
  });
  run.rounds$.subscribe((record) => progress.round(record));
  run.evaluations$.subscribe((record) => progress.evaluation(record));
  run.failures$.subscribe((record) => progress.failure(record));
  run.steps$.pipe(auditTime(workersEvery)).subscribe(() => progress.workers(run.workers()));
  return progress;
}

/** The final block, and the summary as JSON where it was asked for; nothing if training never began. */
async function report(run: Run, mode: RunMode, json: boolean, screen: LiveScreen): Promise<void> {
  const summary = run.summary();
  const paths = (await run.ready.catch(() => null))?.paths ?? null;
  if (summary === null || paths === null) return;
  const { colour, glyphs } = screen;
  const modelSaved = run.savedModel() !== null;
  const block = renderFinalBlock(summary, paths, {
    colour,
    glyphs,
    modelSaved,
    timeUnit: mode === 'live' ? 'seconds' : 'virtual',
  });
  const stream = json ? process.stderr : process.stdout;
  stream.write(`${block}\n`);
  if (json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
}
