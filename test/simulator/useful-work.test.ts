/** How much of what the threads compute counts, in whole runs: as little as can be is thrown away, or waited for. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findPolicy } from '../../protocols/sync/registry.js';
import { resolvePolicySettings } from '../../protocols/sync/settings.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { createLookAhead } from '../../src/simulator/look-ahead.js';
import { createNetwork, noNetwork } from '../../src/simulator/network.js';
import { Simulation } from '../../src/simulator/simulation.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';
import { playedThreads, stepsOfTask } from '../support/played-threads.js';

/** Two threads, K = N / 5, exponential task times. */
async function workOf(name: string, workers: number) {
  const threads = playedThreads(2);
  const policy = findPolicy(name)?.create(resolvePolicySettings({ workers, waitCount: workers / 5 }));
  assert.ok(policy);
  let counted = 0;
  const simulation = new Simulation({
    engine: { policy, workers, localSteps: stepsOfTask, maxRounds: 400, stalenessVector: false },
    taskTimes: createTaskTimes(parseStraggler('exponential'), { workers, seed: 1 }),
    network: createNetwork(noNetwork),
    messageBytes: 0,
    training: {
      lookAhead: createLookAhead(threads.compute),
      store: createParameterStore(new Float32Array(1)),
    },
    batchSize: 1,
    until: null,
    onStep({ effects }) {
      for (const effect of effects) {
        if (effect.type !== 'commit') continue;
        counted += effect.contributions.reduce((sum, { steps }) => sum + steps, 0);
      }
    },
  });
  await simulation.run();
  return { wasted: threads.steps / counted - 1, useful: counted / (2 * threads.now) };
}

describe('work of the threads', () => {
  for (const [policy, workers] of [
    ['abs', 10],
    ['abs', 20],
    ['k-sync', 10],
    ['k-async', 10],
  ] as const) {
    it(`counts, under ${policy} with ${workers} workers`, async () => {
      const { wasted, useful } = await workOf(policy, workers);
      assert.ok(wasted < 0.02, `${wasted} of what counts was computed for nothing`);
      assert.ok(useful > 0.95, `${useful} of what two threads can do counts`);
    });
  }
});
