/** What a live run leaves behind is enough to repeat it: the same rounds from its journal, the same weights from its tasks. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, from, toArray } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import { gatherRounds } from '../../protocols/sync/gather-rounds.js';
import type { EngineOptions } from '../../protocols/sync/round-engine.js';
import { createCompute } from '../../src/compute/compute-pool.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { resolveTrainConfig } from '../../src/config/resolve.js';
import { parsePartition } from '../../src/data/partitions/partition-spec.js';
import { findPolicy, loadDataset, makePartitions, train, type TrainOptions } from '../../src/index.js';
import { readRun, type StoredRun } from '../../src/telemetry/read-run.js';

const options: TrainOptions = {
  dataset: 'synthetic:examples=640,test=200,size=8,channels=1',
  model: 'mlp',
  partition: 'dirichlet:0.5',
  workers: 4,
  k0: 2,
  a: 4,
  localSteps: 3,
  batchSize: 16,
  learningRate: 0.05,
  threads: 2,
  backend: 'wasm',
  rounds: 40,
  evalEvery: 1000,
  seed: 11,
  restartBackoff: 0.01,
  straggler: 'exponential:mean=0.01',
  slowdown: '0:4',
};

describe('a live run and its replay', () => {
  let folder: string;
  let stored: StoredRun;
  let steps: EngineStep[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-parity-'));
    const out = join(folder, 'run');
    const run = train({ ...options, out });
    // Lives that end are part of what must be repeated.
    run.rounds$.subscribe(({ version }) => {
      if (version === 10) void run.crash(1);
    });
    await run.done;
    stored = await readRun(out);
    steps = [];
    for await (const step of stored.journal()) steps.push(step);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** As the recorded configuration says, not as this test does. */
  function recordedConfig() {
    const { runId: _id, mode: _mode, versions: _versions, used: _used, ...config } = stored.config;
    return resolveTrainConfig(config);
  }

  it('make the same rounds of the same events', async () => {
    const config = recordedConfig();
    const policy = findPolicy(config.policy)?.create(config);
    assert.ok(policy);
    const { workers, localSteps, rounds: maxRounds, skipNonFinite, roundDeadline } = config;
    const engine: EngineOptions = { policy, workers, localSteps, maxRounds, skipNonFinite, roundDeadline };
    const rounds = await firstValueFrom(
      from(steps.map(({ event }) => event)).pipe(gatherRounds(engine), toArray()),
    );
    const recorded = steps.flatMap(({ effects }) => effects.filter((effect) => effect.type === 'commit'));
    assert.equal(rounds.length, 40);
    assert.deepEqual(
      rounds.map(({ commit }) => commit),
      recorded,
    );
    assert.deepEqual(
      rounds.map(({ time, commit }) => [
        commit.version,
        time,
        commit.waitCount,
        commit.maxStaleness,
        commit.loss,
      ]),
      stored.rounds.map(({ version, time, waitCount, maxStaleness, loss }) => [
        version,
        time,
        waitCount,
        maxStaleness,
        loss,
      ]),
    );
    const lives = steps.filter(({ event }) => event.type === 'worker-joined' && event.worker === 1);
    assert.equal(lives.length, 2);
  });

  it('come to the same weights, bit for bit, whatever the number of threads', async () => {
    const {
      seed,
      batchSize,
      learningRate,
      workers,
      localSteps,
      dataset: name,
      model,
      partition,
      engine,
    } = recordedConfig();
    const dataset = await loadDataset(name, { seed });
    const { labels } = dataset.train;
    const partitions = makePartitions(
      parsePartition(partition),
      labels,
      dataset.classes,
      workers,
      seed,
      batchSize,
    );
    const compute = await createCompute({
      model,
      dataset,
      partitions,
      batchSize,
      learningRate,
      seed,
      threads: 1,
      backend: 'wasm',
      engine,
    });
    try {
      const store = createParameterStore(compute.model.initial);
      const versions = [store.current()];
      const { signal } = new AbortController();
      for (const { event, effects } of steps) {
        for (const effect of effects) {
          if (effect.type === 'accumulate' && event.type === 'update-arrived') {
            const { worker, attempt, baseVersion, updateId, loss } = event;
            const parameters = versions[baseVersion];
            assert.ok(parameters);
            const update = await compute.run({ worker, attempt, parameters, localSteps }, signal);
            assert.equal(update.loss, loss);
            store.hold(updateId, update.delta);
          }
          if (effect.type === 'discard') store.drop(effect.updateId);
          if (effect.type === 'commit') versions.push(store.commit(effect));
        }
      }
      assert.equal(store.version, 40);
      assert.equal(store.sha256(), stored.summary?.weightsSha256);
    } finally {
      await compute.close();
    }
  });
});
