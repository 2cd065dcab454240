/**
 * How fast simulated time passes where nothing is trained: updates/s through the event queue, the RxJS operator and the round
 * engine, and memory, for N from 10 to 100,000 workers. Task times are exponential, drawn beforehand, so that drawing costs
 * nothing here. Commits do not name τ_k of every worker, as in `simulate` above 1,000 workers. Each measurement has a process of
 * its own, so that memory is that of one simulation. A second table holds the time of an update against log2 N: where it grows
 * no faster, no figure is above 1.
 *
 *   npm run bench:engine
 *   npm run bench:engine -- --updates 1e6 --policies abs,asgd --workers 10,1000
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { findPolicy, policyNames } from '../protocols/sync/registry.js';
import { resolvePolicySettings } from '../protocols/sync/settings.js';
import { seededRandom } from '../src/random/seeded-random.js';
import { createNetwork, noNetwork } from '../src/simulator/network.js';
import { Simulation } from '../src/simulator/simulation.js';
import { addOption, benchCommand, listOf, wholeNumber, wholeNumbers } from './command-line.js';

interface Options {
  readonly updates: number;
  readonly policies: readonly string[];
  readonly workers: readonly number[];
}
const byDefault: Options = {
  updates: 300_000,
  policies: ['abs', 'ada-sync', 'k-sync', 'k-async', 'asgd'],
  workers: [10, 100, 1000, 10_000, 100_000],
};
const command = benchCommand(
  'bench:engine',
  'How fast simulated time passes where nothing is trained: updates/s of event queue, RxJS operator and round engine, and memory.',
);
addOption(
  command,
  { flag: '--updates N', help: 'updates of each measurement' },
  byDefault.updates,
  wholeNumber,
);
addOption(
  command,
  { flag: '--policies LIST', help: `of ${policyNames.join(', ')}` },
  byDefault.policies,
  listOf(policyNames),
);
addOption(command, { flag: '--workers LIST', help: 'values of N' }, byDefault.workers, wholeNumbers);
const { updates, policies, workers: fleets } = command.parse().opts<Options>();

/** Set in the processes that measure. */
const apart = 'STALEWART_BENCH_ENGINE_APART';

const drawn = Float64Array.from({ length: 2 ** 16 }, () => 0);
const random = seededRandom(1, 'bench-engine');
for (let i = 0; i < drawn.length; i += 1) drawn[i] = -Math.log1p(-random());

async function measure(name: string, workers: number) {
  const settings = resolvePolicySettings({ workers: Math.min(workers, 10_000) });
  const k0 = Math.max(1, Math.floor(workers / 5));
  const policy = findPolicy(name)?.create({ ...settings, workers, k0, a: 4 * k0 });
  if (policy === undefined) throw new Error(`no policy ${name}`);
  let count = 0;
  let at = 0;
  const simulation: Simulation = new Simulation({
    engine: { policy, workers, maxWorkers: workers, localSteps: 1, stalenessVector: false },
    taskTimes: { taskTime: () => drawn[at++ & (drawn.length - 1)] ?? 1 },
    network: createNetwork(noNetwork),
    messageBytes: 0,
    training: null,
    batchSize: 32,
    until: null,
    onStep({ event }) {
      if (event.type === 'update-arrived') count += 1;
      if (count === updates) simulation.stop('now', 'measured');
    },
  });
  const beganAt = performance.now();
  await simulation.run();
  const seconds = (performance.now() - beganAt) / 1000;
  return { rate: count / seconds, memory: process.resourceUsage().maxRSS / 1024 };
}

/** The same in a process of its own. */
function measureApart(name: string, workers: number): { readonly rate: number; readonly memory: number } {
  const words = [
    fileURLToPath(import.meta.url),
    '--updates',
    updates,
    '--policies',
    name,
    '--workers',
    workers,
  ];
  const output = execFileSync(process.execPath, words.map(String), {
    encoding: 'utf8',
    env: { ...process.env, [apart]: 'yes' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return z.object({ rate: z.number(), memory: z.number() }).parse(JSON.parse(output));
}

async function table(): Promise<void> {
  const head = policies.map((name) => name.padStart(12)).join('');
  process.stdout.write(
    `updates/s by policy, ${updates} updates each\n\n${'N'.padStart(8)}${head}${'RSS MB'.padStart(10)}\n`,
  );
  const rates: number[][] = [];
  for (const workers of fleets) {
    let most = 0;
    const row: number[] = [];
    process.stdout.write(String(workers).padStart(8));
    for (const name of policies) {
      const { rate, memory } = measureApart(name, workers);
      most = Math.max(most, memory);
      row.push(rate);
      process.stdout.write(Math.round(rate).toString().padStart(12));
    }
    rates.push(row);
    process.stdout.write(`${Math.round(most).toString().padStart(10)}\n`);
  }
  if (fleets.length > 1) process.stdout.write(growthTable(head, rates));
}

/** @param rates by N, by policy */
function growthTable(head: string, rates: readonly (readonly number[])[]): string {
  const [least = 1] = fleets;
  const rows = fleets.map((workers, at) => {
    const growth = policies.map((_, column) => {
      const slower = (rates[0]?.[column] ?? NaN) / (rates[at]?.[column] ?? NaN);
      // log2 1 is 0: one worker counts as two.
      return slower / (Math.log2(Math.max(2, workers)) / Math.log2(Math.max(2, least)));
    });
    return `${String(workers).padStart(8)}${growth.map((value) => value.toFixed(2).padStart(12)).join('')}\n`;
  });
  return `\ntime of an update ÷ log2 N, relative to N = ${least}\n\n${'N'.padStart(8)}${head}\n${rows.join('')}`;
}

const [name, workers] = [policies[0], fleets[0]];
if (process.env[apart] !== undefined && name !== undefined && workers !== undefined) {
  process.stdout.write(JSON.stringify(await measure(name, workers)));
} else await table();
