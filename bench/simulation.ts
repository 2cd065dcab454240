/**
 * Simulated time with gradients (lenet on CIFAR-10, exponential task times):
 *
 * - images/s of simulations with 10 and 20 workers over those of as many threads that do nothing but local steps, in slices that
 *   alternate; and
 * - the wall time of ABS with 10 workers over 200 time units, evaluated on 5,000 images every 2 units, beside the same run written
 *   directly in PyTorch (peers/abs_simulation.py), each on one thread, and ours on all.
 *
 *   npm run bench:simulation
 *   npm run bench:simulation -- --parts throughput --slices 9 --seconds 8
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Dataset, Split } from '../src/data/dataset.js';
import { loadDataset } from '../src/data/load-dataset.js';
import { simulate } from '../src/index.js';
import { collectLessOften } from '../src/memory/collect-less-often.js';
import { aboveZero, addOption, benchCommand, listOf, wholeNumber } from './command-line.js';
import { oneThread } from './one-thread.js';
import { median } from './compute/times.js';
import { findTorches } from './peers/find-torch.js';

collectLessOften();

const partNames = ['throughput', 'pytorch'] as const;
interface Options {
  readonly parts: readonly (typeof partNames)[number][];
  readonly slices: number;
  readonly seconds: number;
  readonly threads: number;
}
const command = benchCommand(
  'bench:simulation',
  'Simulated time with gradients: images/s beside bare threads, and the wall time of a run beside the same run in PyTorch.',
);
addOption(
  command,
  { flag: '--parts LIST', help: `of ${partNames.join(', ')}` },
  partNames,
  listOf(partNames),
);
addOption(command, { flag: '--slices N', help: 'slices of each rival' }, 5, wholeNumber);
addOption(command, { flag: '--seconds X', help: 'of a slice' }, 6, aboveZero);
addOption(command, { flag: '--threads N', help: 'compute threads' }, availableParallelism(), wholeNumber);
const { parts, slices, seconds, threads } = command.parse().opts<Options>();

const [localSteps, batchSize, learningRate] = [10, 32, 0.04];
const dataset = await loadDataset('cifar10', { seed: 1 });

/** Images/s that a simulation trains on, without its first second. */
async function simulated(policy: string, workers: number): Promise<number> {
  const run = simulate({
    policy,
    workers,
    waitCount: workers / 5,
    localSteps,
    batchSize,
    learningRate,
    threads,
    dataset,
    rounds: null,
    time: 1e9,
    evalEvery: 1_000_000,
    out: false,
  });
  run.done.catch(() => undefined);
  await run.ready;
  const began = performance.now();
  let first: { readonly samples: number; readonly at: number } | null = null;
  return new Promise((resolve, reject) => {
    run.rounds$.subscribe(({ trainedSamples: samples }) => {
      const at = performance.now();
      if (first === null && at > began + 1000) first = { samples, at };
      if (first === null || at < first.at + seconds * 1000) return;
      const rate = (samples - first.samples) / ((at - first.at) / 1000);
      first = { samples, at: Infinity };
      run.stop('now').then(() => resolve(rate), reject);
    });
  });
}

async function throughput(): Promise<void> {
  const kinds = [10, 20].flatMap((workers) => ['k-async', 'abs'].map((policy) => ({ policy, workers })));
  const alone: number[] = [];
  const rates = kinds.map((): number[] => []);
  for (let slice = 0; slice < slices; slice += 1) {
    alone.push(await oneThread({ dataset, engine: 'auto', localSteps, batchSize, seconds }));
    for (const [index, { policy, workers }] of kinds.entries()) {
      rates[index]?.push(await simulated(policy, workers));
    }
    process.stderr.write(`slice ${slice + 1} of ${slices}\r`);
  }
  console.log(`medians of ${slices} interleaved slices of ${seconds} s, ${threads} threads\n`);
  console.log(`one thread alone          ${Math.round(median(alone)).toString().padStart(6)} images/s`);
  for (const [index, { policy, workers }] of kinds.entries()) {
    const own = rates[index] ?? [];
    const share = median(own.map((rate, slice) => rate / (threads * (alone[slice] ?? Number.NaN))));
    const name = `simulated, N = ${workers}, ${policy}`.padEnd(26);
    const rate = Math.round(median(own)).toString().padStart(6);
    console.log(`${name}${rate} images/s   ${share.toFixed(3)} × (threads × one thread), target 0.92`);
  }
}

/** The run that both make. Ours draws other numbers than PyTorch: the same law, the same settings. */
const shared = {
  policy: 'abs',
  workers: 10,
  k0: 2,
  a: 4,
  localSteps,
  batchSize,
  learningRate,
  time: 200,
  evalEveryTime: 2,
  evalSamples: 5000,
  seed: 1,
} as const;

const peerSchema = z.object({
  version: z.string(),
  seconds: z.number(),
  rounds: z.number(),
  tasks: z.number(),
  accuracy: z.number(),
});

async function besidePyTorch(): Promise<void> {
  const { torches, missing } = findTorches([]);
  for (const line of missing) console.error(line);
  console.log('\nABS, N = 10, 200 time units, 5,000 test images every 2 units\n');
  const folder = await mkdtemp(join(tmpdir(), 'stalewart-bench-'));
  try {
    await writeData(folder, dataset);
    for (const { python } of torches) {
      const script = fileURLToPath(new URL('../../bench/peers/abs_simulation.py', import.meta.url));
      const env = { ...process.env, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' };
      const { stdout } = await promisify(execFile)(python, [script, folder], { env });
      const peer = peerSchema.parse(JSON.parse(stdout));
      tell(`PyTorch ${peer.version}, 1 thread`, peer.seconds, peer.rounds, peer.accuracy);
    }
    for (const count of threads > 1 ? [1, threads] : [1]) {
      const run = simulate({ ...shared, straggler: 'exponential', dataset, threads: count, out: false });
      await run.ready;
      const began = performance.now();
      const { rounds, finalAccuracy } = await run.done;
      const took = (performance.now() - began) / 1000;
      tell(`Stalewart, ${count} thread${count === 1 ? '' : 's'}`, took, rounds, finalAccuracy);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function tell(who: string, took: number, rounds: number, accuracy: number | null): void {
  const share = accuracy === null ? 'none' : accuracy.toFixed(3);
  console.log(`${who.padEnd(28)}${took.toFixed(1).padStart(7)} s   ${rounds} rounds, accuracy ${share}`);
}

/** CIFAR-10 as the peer reads it: bytes, channels first. */
async function writeData(folder: string, { train, test, normalisation }: Dataset): Promise<void> {
  const { mean, deviation } = normalisation;
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...shared, mean, deviation }));
  const splits: readonly (readonly [string, Split, number])[] = [
    ['train', train, train.size],
    ['test', test, shared.evalSamples],
  ];
  for (const [name, { inputs, labels }, size] of splits) {
    await writeFile(join(folder, `${name}_images`), channelsFirst(inputs, size));
    await writeFile(join(folder, `${name}_labels`), Uint8Array.from(labels.subarray(0, size)));
  }
}

function channelsFirst(inputs: Split['inputs'], size: number): Uint8Array {
  const [pixels, channels] = [1024, 3];
  const out = new Uint8Array(size * pixels * channels);
  for (let image = 0; image < size; image += 1) {
    const from = image * pixels * channels;
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        out[from + channel * pixels + pixel] = inputs[from + pixel * channels + channel] ?? 0;
      }
    }
  }
  return out;
}

if (parts.includes('throughput')) await throughput();
if (parts.includes('pytorch')) await besidePyTorch();
