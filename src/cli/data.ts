/**
 * `stalewart data NAME`: fetches a data set into the cache, checks it, and says what it holds and where it lies. What is
 * said goes to standard output, progress to standard error.
 */
import { Command } from 'commander';
import { datasetForms, refusedDataset } from '../config/known-names.js';
import type { DatasetReport } from '../data/load-dataset.js';
import { configError, exitCodes } from '../errors.js';
import { createFetchDisplay } from './fetch-display.js';
import type { ProgramContext } from './program.js';

interface DataOptions {
  readonly dataDir?: string;
}

export function dataCommand(context: ProgramContext): Command {
  return new Command('data')
    .summary('fetch and verify a data set')
    .description('Fetch a data set into the cache, where it is not there yet, and verify it.')
    .argument('<name>', datasetForms)
    .option(
      '--data-dir <DIR>',
      'folder of the data cache (default: STALEWART_DATA, else a cache folder of the user)',
    )
    .action(async (name: string, { dataDir }: DataOptions) => {
      const allowed = refusedDataset(name);
      if (allowed !== null) throw configError('the data set', name, allowed);
      const { fetchDataset } = await import('../data/load-dataset.js');
      const display = createFetchDisplay(process.stderr);
      const stop = new AbortController();
      const onInterrupt = () => stop.abort();
      process.once('SIGINT', onInterrupt);
      try {
        const report = await fetchDataset(name, {
          dataDir,
          onProgress: (progress) => display.update(progress),
          signal: stop.signal,
        });
        display.end();
        context.writeOut(formatReport(report));
      } catch (error) {
        display.end();
        if (!stop.signal.aborted) throw error;
        context.writeError('stopped; nothing half-written is left\n');
        context.exitCode = exitCodes.stopped;
      } finally {
        process.off('SIGINT', onInterrupt);
      }
    });
}

/** @returns a few lines */
export function formatReport(report: DatasetReport): string {
  const { name, location, source, inputShape, classes, train, test } = report;
  const lines = [
    `${name}: verified (${source})`,
    `  examples  ${train.size.toLocaleString('en')} for training, ${test.size.toLocaleString('en')} for testing`,
    `  shape     ${inputShape.join(' × ')}, ${classes} classes, ${perClass(train.perClass)} each for training`,
    `  in        ${location}`,
  ];
  return `${lines.join('\n')}\n`;
}

function perClass(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most
    ? least.toLocaleString('en')
    : `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
}
