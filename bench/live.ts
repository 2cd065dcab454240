/**
 * What the system costs beside computing: images/s of whole live runs (10 workers, no injected delay, lenet on CIFAR-10), over the
 * images/s of the same number of threads that do nothing but local steps. Slices alternate within one run of the bench, so that
 * the machine's moods meet both alike; medians of the slices' ratios are reported.
 *
 * The process is set up as the program `stalewart` sets up its own.
 *
 *   npm run bench:live
 *   npm run bench:live -- --slices 9 --seconds 8 --engine tfjs
 */
import { availableParallelism } from 'node:os';
import { bufferTime, firstValueFrom, map, take, toArray } from 'rxjs';
import { loadDataset } from '../src/data/load-dataset.js';
import { train } from '../src/index.js';
import { collectLessOften } from '../src/memory/collect-less-often.js';
import { startNatsServer } from '../test/support/nats-server.js';
import { aboveZero, addOption, benchCommand, oneOf, wholeNumber } from './command-line.js';
import { oneThread } from './one-thread.js';

collectLessOften();

type Engine = 'plan' | 'tfjs';
const command = benchCommand(
  'bench:live',
  'Images/s of whole live runs, in process and over a nats-server that it starts, over those of threads that do nothing but local steps. Lenet on CIFAR-10, ten workers.',
);
addOption(command, { flag: '--engine NAME', help: 'plan or tfjs' }, 'plan', oneOf<Engine>(['plan', 'tfjs']));
addOption(command, { flag: '--slices N', help: 'slices of each' }, 7, wholeNumber);
addOption(command, { flag: '--seconds N', help: 'length of a slice' }, 6, aboveZero);
addOption(command, { flag: '--threads N', help: 'compute threads' }, availableParallelism(), wholeNumber);
const { engine, slices, seconds, threads } = command
  .parse()
  .opts<{ engine: Engine; slices: number; seconds: number; threads: number }>();
const workers = 10;
const [localSteps, batchSize] = [10, 32];

const dataset = await loadDataset('cifar10', { seed: 1 });

/** Images/s that a whole run trains on, over its middle. */
async function wholeRun(policy: string, nats?: string): Promise<number> {
  const run = train({
    policy,
    waitCount: 2,
    workers,
    localSteps,
    batchSize,
    learningRate: 0.05,
    threads,
    engine,
    dataset,
    rounds: null,
    time: 3600,
    evalEvery: 1_000_000,
    out: false,
    ...(nats === undefined ? {} : { nats }),
  });
  run.done.catch(() => undefined);
  await run.ready;
  const trained$ = run.rounds$.pipe(map(({ trainedSamples }) => ({ trainedSamples, at: performance.now() })));
  // The first second warms up.
  const [warm, ...measured] = await firstValueFrom(
    trained$.pipe(bufferTime(1000), take(Math.ceil(seconds) + 1), toArray()),
  );
  const first = warm?.at(-1);
  const last = measured.flat().at(-1);
  await run.stop('now');
  if (first === undefined || last === undefined) throw new Error('no round was closed');
  return (last.trainedSamples - first.trainedSamples) / ((last.at - first.at) / 1000);
}

const median = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
};

const server = await startNatsServer();
const kinds = [
  ['local transport, k-async', () => wholeRun('k-async')],
  ['NATS, k-async', () => wholeRun('k-async', server.url)],
] as const;
const ratios = new Map<string, number[]>();
const rates = new Map<string, number[]>();
for (let slice = 0; slice < slices; slice += 1) {
  const alone = await oneThread({ dataset, engine, localSteps, batchSize, seconds });
  rates.set('one thread', [...(rates.get('one thread') ?? []), alone]);
  for (const [kind, measure] of kinds) {
    const rate = await measure();
    rates.set(kind, [...(rates.get(kind) ?? []), rate]);
    ratios.set(kind, [...(ratios.get(kind) ?? []), rate / (threads * alone)]);
  }
  process.stdout.write(`slice ${slice + 1} of ${slices}\r`);
}
await server.stop();

process.stdout.write(
  `engine ${engine}, ${threads} threads, ${workers} workers, medians of ${slices} interleaved slices of ${seconds} s\n\n`,
);
for (const [kind, all] of rates) {
  const ratio = ratios.get(kind);
  const share = ratio === undefined ? '' : `   ${median(ratio).toFixed(3)} × (threads × one thread)`;
  process.stdout.write(
    `${kind.padEnd(26)} ${Math.round(median(all)).toString().padStart(6)} images/s${share}\n`,
  );
}
