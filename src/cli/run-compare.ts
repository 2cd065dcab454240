/**
 * Carries out `stalewart simulate --compare …`: connects a comparison to the terminal (one display for all runs), to the
 * signals that stop it, and to the exit code. Loaded only once the configuration is known to be right.
 */
import { systemClock } from '../clock/clock.js';
import { exitCodes } from '../errors.js';
import { startComparison } from '../run/compare.js';
import type { BegunRun, Comparison, ComparisonInfo, ComparisonResult, EndedRun } from '../run/comparison.js';
import { comparisonText } from '../telemetry/comparison-file.js';
import { createLiveScreen, type LiveScreen } from '../telemetry/live-screen.js';
import { createLogger, type LogFields, type Logger } from '../telemetry/logger.js';
import { formatAmount, formatDuration } from '../telemetry/number-format.js';
import { type CompareHeader, renderCompareDisplay } from './compare-display.js';
import { type CompareProgress, createCompareProgress } from './compare-progress.js';
import { renderComparisonTable } from './comparison-table.js';
import { createFetchDisplay } from './fetch-display.js';
import { stopOnSignals } from './stop-on-signals.js';
import type { CompareRequest } from './train.js';

/** @returns the exit code @throws StalewartError by which no run could be made */
export async function runCompareCommand({
  comparison: resolved,
  json,
  origin,
}: CompareRequest): Promise<number> {
  // A terminal or pipe that is gone must not keep the runs from being written.
  process.stdout.on('error', () => undefined);
  const screen = createLiveScreen({ clock: systemClock() });
  let writeLog: ((line: string) => void) | null = null;
  const logger = createLogger({
    destinations: [
      { format: 'plain', colour: screen.colour, write: (text) => screen.print(text) },
      { format: 'json', level: 'debug', write: (line) => writeLog?.(line) },
    ],
  });
  for (const warning of resolved.warnings) logger.warn(warning);
  const fetchDisplay = createFetchDisplay(process.stderr);
  const comparison = startComparison(resolved, {
    origin,
    onFetchProgress: (progress) => fetchDisplay.update(progress),
  });
  let showNotice = (text: string): void => logger.info(text);
  const signals = stopOnSignals(comparison, (text) => showNotice(text));
  try {
    comparison.notices$.subscribe(({ level, message }) => logger[level](message));
    comparison.runs$.subscribe(({ run }) => {
      writeLog = null;
      // A run that fails before it begins is told of when it has ended.
      void run.ready.then(
        (info) => {
          fetchDisplay.end();
          writeLog = info.writeLog;
        },
        () => fetchDisplay.end(),
      );
    });
    // What does not come to a first run is told of by `done`.
    const info = await comparison.ready.catch(() => null);
    if (info !== null) {
      logger.info(`${formatAmount(info.runs, 'run')} to compare`, fieldsOf(info));
      const header = headerOf(resolved.entries[0]?.options.config);
      showNotice = follow(comparison, info, header, screen, logger);
    }
    const result = await comparison.done;
    screen.stop();
    return end(result, info?.directory ?? null, json, screen, logger);
  } finally {
    signals.release();
    screen.stop();
  }
}

function fieldsOf({ kept, directory }: ComparisonInfo): LogFields {
  return { ...(kept === 0 ? {} : { kept }), ...(directory === null ? {} : { directory }) };
}

function headerOf(config: CompareHeader | undefined): CompareHeader {
  const { model = '', dataset = '', workers = 0 } = config ?? {};
  return { model, dataset, workers };
}

/** Shows the runs as they come and go. @returns what shows a notice */
function follow(
  comparison: Comparison,
  info: ComparisonInfo,
  header: CompareHeader,
  screen: LiveScreen,
  logger: Logger,
): (text: string) => void {
  const clock = systemClock();
  const progress = createCompareProgress(info);
  screen.start((size) => renderCompareDisplay(progress.snapshot(clock.now()), header, size));
  comparison.runs$.subscribe((begun) => followRun(begun, progress, screen));
  comparison.ended$.subscribe((ended) => {
    progress.ended(ended);
    tellEnded(ended, info, progress.snapshot(clock.now()).secondsLeft, screen, logger);
    screen.invalidate();
  });
  return (text) => {
    progress.notice(text);
    screen.invalidate();
    if (!screen.live) logger.info(text);
  };
}

function followRun(begun: BegunRun, progress: CompareProgress, screen: LiveScreen): void {
  const { run } = begun;
  progress.begun(begun, { rounds: null, time: null, targetAccuracy: null });
  run.ready.then(
    ({ config: { rounds, time, targetAccuracy } }) => progress.begun(begun, { rounds, time, targetAccuracy }),
    () => undefined,
  );
  run.rounds$.subscribe((record) => {
    progress.round(record);
    screen.invalidate();
  });
  run.evaluations$.subscribe((record) => {
    progress.evaluation(record);
    screen.invalidate();
  });
}

/** A line per finished run; on a terminal the display says it. */
function tellEnded(
  { number, name, seed, status, kept, failure, summary }: EndedRun,
  { runs }: ComparisonInfo,
  secondsLeft: number | null,
  screen: LiveScreen,
  logger: Logger,
): void {
  const which = `run ${number} of ${runs}: ${name}, seed ${seed}`;
  if (status === 'failed') {
    logger.error(`${which} failed: ${failure ?? ''}`);
    return;
  }
  if (kept) {
    logger.debug(`${which}: kept`);
    return;
  }
  const fields: LogFields = {
    ...(summary === null ? {} : { rounds: summary.rounds, time: short(summary.time) }),
    ...(summary?.finalAccuracy == null ? {} : { accuracy: short(summary.finalAccuracy) }),
    ...(status === 'stopped' || !secondsLeft ? {} : { left: formatDuration(secondsLeft) }),
  };
  const message = `${which} ${status}`;
  if (screen.live) logger.debug(message, fields);
  else logger.info(message, fields);
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}

/** The table, or the record as JSON. @returns the exit code */
function end(
  { status, record }: ComparisonResult,
  directory: string | null,
  json: boolean,
  screen: LiveScreen,
  logger: Logger,
): number {
  const table = renderComparisonTable(record, { colour: screen.colour, none: screen.glyphs.none });
  const where = directory === null ? '' : `\n  ${directory}/comparison.json\n`;
  const stream = json ? process.stderr : process.stdout;
  if (table !== '') stream.write(`${table}\n${where}`);
  if (json) process.stdout.write(comparisonText(record));
  const pending = record.runs.filter((run) => run.status === 'pending' || run.status === 'stopped').length;
  if (status === 'stopped') {
    const again = directory === null ? '' : '; the same command goes on';
    logger.info(`stopped with ${formatAmount(pending, 'run')} left${again}`);
    return exitCodes.stopped;
  }
  const failed = record.runs.filter((run) => run.status === 'failed').length;
  if (failed === 0) return exitCodes.finished;
  logger.error(`${formatAmount(failed, 'run')} of ${record.runs.length} failed`);
  return exitCodes.failed;
}
