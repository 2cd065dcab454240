/**
 * Arrivals recorded in a live run, fed to the engine in simulated time, give the same rounds, the same decisions and the same
 * final weights, bit for bit: only the clock differs. The live runs meet crashes, restarts and slow workers; all that the
 * simulated ones know of them is when something arrived, and what it gave is computed afresh from models of their own.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { TrainOptions } from '../../src/index.js';
import { Closers } from '../../src/run/closers.js';
import { prepareParts } from '../../src/run/parts.js';
import { ownResources } from '../../src/run/run-resources.js';
import { resolveTrainOptions } from '../../src/run/train-options.js';
import { resolveTrainConfig } from '../../src/config/resolve.js';
import { createLookAhead } from '../../src/simulator/look-ahead.js';
import { createNetwork, noNetwork } from '../../src/simulator/network.js';
import { recordedArrivals } from '../../src/simulator/recorded-arrivals.js';
import { Simulation } from '../../src/simulator/simulation.js';
import { startNatsServer } from '../support/nats-server.js';
import { crashed, recordRun, type RecordedRun, type Wanted } from '../support/recorded-run.js';

const small: TrainOptions = {
  dataset: 'synthetic:examples=640,test=200,size=8,channels=1',
  model: 'mlp',
  partition: 'dirichlet:0.5',
  workers: 4,
  localSteps: 3,
  batchSize: 16,
  learningRate: 0.05,
  threads: 2,
  backend: 'wasm',
  evalEvery: 1_000_000,
  seed: 11,
  restartBackoff: 0.01,
  straggler: 'exponential:mean=0.01',
  slowdown: '0:4',
};

interface Case extends TrainOptions {
  readonly policy: string;
  /** What its record must hold beside a crash. */
  readonly wanted?: Wanted;
}

/** What must be in a record is certain to come in time: a wait count that grows to N would end restarts, and is not waited for. */
const cases: readonly Case[] = [
  { policy: 'abs', k0: 2, a: 4 },
  { policy: 'abs', waitCount: 2, a: 4, wanted: { restarts: 5 } },
  { policy: 'abs', waitCount: 3, a: 6, roundDeadline: 0.02, wanted: { restarts: 1, degraded: 2 } },
  { policy: 'k-sync', waitCount: 2, wanted: { restarts: 20 } },
  { policy: 'k-batch-async', waitCount: 3 },
  { policy: 'asgd' },
  { policy: 'sa-ada-sync', k0: 2 },
  { policy: 'dc-asgd' },
  { policy: 'ga-k-async', waitCount: 2, serverOptimizer: 'adam' },
  { policy: 'delayed-nesterov' },
  { policy: 'ringleader', wanted: { rounds: 8 } },
  // Worker 0 overruns its limit, the others hardly ever.
  { policy: 'mindflayer', timeLimit: 0.2, slowdown: '0:100', wanted: { rounds: 3, restarts: 1 } },
];

/**
 * The run of the record in simulated time: on other threads, from the configuration that it left behind.
 * @param change of that configuration. Default: none
 */
async function simulate({ stored, steps: recorded }: RecordedRun, change: TrainOptions = {}) {
  const { runId: _id, mode: _mode, versions: _versions, used: _used, ...config } = stored.config;
  const { out: _out, nats: _nats, run: _run, ...settings } = resolveTrainConfig(config);
  const closers = new Closers();
  try {
    const resolved = resolveTrainOptions(
      { ...settings, threads: 1, ...change, out: false },
      undefined,
      'simulated',
    );
    const preparation = {
      onFetchProgress: undefined,
      signal: new AbortController().signal,
      warn: assert.fail,
    };
    const { compute, store, engine, taskTimes } = await prepareParts(
      'again',
      resolved,
      preparation,
      closers,
      ownResources,
    );
    const steps: EngineStep[] = [];
    const simulation = new Simulation({
      engine,
      recorded: recordedArrivals(recorded),
      taskTimes,
      network: createNetwork(noNetwork),
      messageBytes: 0,
      training: { lookAhead: createLookAhead(compute), store },
      batchSize: resolved.config.batchSize,
      until: null,
      onStep(step) {
        steps.push(step);
      },
    });
    const outcome = await simulation.run();
    return { outcome, steps, weights: store.sha256() };
  } finally {
    await closers.close((error) => {
      throw error;
    });
  }
}

describe('a live run in simulated time', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-parity-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function assertParity(name: string, { wanted = {}, ...options }: Case) {
    const out = join(folder, name);
    const live = await recordRun({ ...small, ...options, out }, { rounds: 30, ...wanted });
    const simulated = await simulate(live);
    assert.equal(simulated.outcome.code, null);
    assert.deepEqual(simulated.steps, live.steps);
    assert.equal(simulated.weights, live.stored.summary?.weightsSha256);
    // The record was worth repeating.
    const lives = live.steps.filter(({ event: e }) => e.type === 'worker-joined' && e.worker === crashed);
    assert.ok(lives.length >= 2);
    return live;
  }

  for (const [i, options] of cases.entries()) {
    const { policy, wanted: _wanted, ...settings } = options;
    it(`${policy} ${JSON.stringify(settings)}: the same rounds, decisions and weights`, async () => {
      await assertParity(`run-${i}`, options);
    });
  }

  it('over NATS: the same rounds, decisions and weights', async () => {
    const server = await startNatsServer();
    try {
      await assertParity('nats', {
        policy: 'abs',
        waitCount: 2,
        a: 4,
        nats: server.url,
        wanted: { restarts: 1 },
      });
    } finally {
      await server.stop();
    }
  });

  it('with another seed: the same decisions, but losses and weights of its own, for nothing of them is taken over', async () => {
    const options = { ...small, policy: 'k-async', waitCount: 2, out: join(folder, 'other') };
    const live = await recordRun(options, { rounds: 10 });
    const { steps, weights } = await simulate(live, { seed: 12 });
    const decisions = (all: readonly EngineStep[]) =>
      all.flatMap(({ effects }) =>
        effects.map((effect) =>
          effect.type === 'commit' ? effect.contributions.map(({ updateId }) => updateId) : effect,
        ),
      );
    assert.deepEqual(decisions(steps), decisions(live.steps));
    assert.notDeepEqual(steps, live.steps);
    assert.notEqual(weights, live.stored.summary?.weightsSha256);
  });
});
