import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ComputeOptions } from '../../src/compute/compute-pool.js';
import { shareResources } from '../../src/run/run-resources.js';
import { makeDataset } from '../compute/fixtures/data.js';
import { createFakeCompute } from '../support/fake-compute.js';

/** Shared resources over ones that count. */
function bench() {
  const log: string[] = [];
  const warnings: ((message: string) => void)[] = [];
  const shared = shareResources({
    loadDataset: (source, loading) => {
      log.push(`load ${typeof source === 'string' ? source : 'value'} ${loading?.seed}`);
      return Promise.resolve(makeDataset());
    },
    createCompute: ({ seed, warn }) => {
      log.push(`start ${seed}`);
      if (warn !== undefined) warnings.push(warn);
      return Promise.resolve({
        ...createFakeCompute(3),
        close: async () => void log.push(`close ${seed}`),
      });
    },
  });
  return { shared, log, warnings };
}

const dataset = makeDataset();
const options = (changes: Partial<ComputeOptions> = {}): ComputeOptions => ({
  model: 'mlp',
  dataset,
  partitions: [Uint32Array.of(0, 1), Uint32Array.of(2, 3)],
  batchSize: 2,
  learningRate: 0.1,
  seed: 1,
  threads: 1,
  ...changes,
});

describe('shareResources', () => {
  it('loads a public data set once, and one that depends on the seed once a seed', async () => {
    const { shared, log } = bench();
    const one = await shared.loadDataset('mnist', { seed: 1 });
    assert.equal(await shared.loadDataset('mnist', { seed: 2 }), one);
    const made = await shared.loadDataset('synthetic:size=8', { seed: 1 });
    assert.equal(await shared.loadDataset('synthetic:size=8', { seed: 1 }), made);
    assert.notEqual(await shared.loadDataset('synthetic:size=8', { seed: 2 }), made);
    await shared.loadDataset('./own.mjs', { seed: 2 });
    await shared.loadDataset('./own.mjs', { seed: 3 });
    const loads = ['mnist 1', 'synthetic:size=8 1', 'synthetic:size=8 2', './own.mjs 2', './own.mjs 3'];
    assert.deepEqual(
      log,
      loads.map((load) => `load ${load}`),
    );
  });

  it('keeps the threads of a run for the next that needs the same, and closes them before others start', async () => {
    const { shared, log } = bench();
    await (await shared.createCompute(options())).close();
    // The partitions are made anew for each run.
    await shared.createCompute(options({ partitions: [Uint32Array.of(0, 1), Uint32Array.of(2, 3)] }));
    assert.deepEqual(log, ['start 1']);
    await shared.createCompute(options({ seed: 2 }));
    assert.deepEqual(log, ['start 1', 'close 1', 'start 2']);
    await shared.close();
    await shared.close();
    assert.deepEqual(log, ['start 1', 'close 1', 'start 2', 'close 2']);
  });

  for (const [what, change] of Object.entries({
    'another partition': { partitions: [Uint32Array.of(0, 2), Uint32Array.of(1, 3)] },
    'fewer workers': { partitions: [Uint32Array.of(0, 1)] },
    'other data': { dataset: makeDataset() },
    'another learning rate': { learningRate: 0.2 },
    'another optimizer': { localOptimizer: 'adam' as const },
    'another model': { model: 'lenet' },
  })) {
    it(`starts threads anew for ${what}`, async () => {
      const { shared, log } = bench();
      await shared.createCompute(options());
      await shared.createCompute(options(change));
      assert.deepEqual(log, ['start 1', 'close 1', 'start 1']);
    });
  }

  it('starts threads anew after an error in them', async () => {
    const { shared, log } = bench();
    await shared.createCompute(options());
    await shared.renew();
    await shared.createCompute(options());
    assert.deepEqual(log, ['start 1', 'close 1', 'start 1']);
  });

  it('tells the run in hand of trouble with the threads', async () => {
    const { shared, warnings } = bench();
    const told: string[] = [];
    await shared.createCompute(options({ warn: (message) => told.push(`first: ${message}`) }));
    await shared.createCompute(options({ warn: (message) => told.push(`second: ${message}`) }));
    warnings[0]?.('a thread was replaced');
    assert.deepEqual(told, ['second: a thread was replaced']);
  });
});
