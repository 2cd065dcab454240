/** Whole runs in simulated time with every server optimiser, and with every correction of stale deltas. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { DeltaCorrection } from '../../protocols/sync/delta-correction.js';
import type { Policy } from '../../protocols/sync/policy.js';
import { serverOptimizerNames, simulate, type TrainOptions } from '../../src/index.js';
import { smallRun } from '../run/fixtures/small-run.js';

const small: TrainOptions = { ...smallRun, workers: 5, a: 4, rounds: 60, evalEvery: 60, seed: 3 };

/** The same run with one thread and with two. */
async function twice(options: TrainOptions): Promise<{ sha: string | null; accuracy: number }> {
  const one = await simulate({ ...options, threads: 1 }).done;
  const two = await simulate({ ...options, threads: 2 }).done;
  assert.equal(one.weightsSha256, two.weightsSha256);
  assert.equal(one.rounds, 60);
  return { sha: one.weightsSha256, accuracy: one.finalAccuracy ?? Number.NaN };
}

describe('simulate with a server optimizer', () => {
  const seen = new Map<string | null, string>();
  for (const serverOptimizer of serverOptimizerNames) {
    it(`${serverOptimizer} is deterministic and learns`, async () => {
      const { sha, accuracy } = await twice({ ...small, serverOptimizer });
      // Ten classes: chance is 0.1. Delayed Nesterov takes a fifth of each step.
      assert.ok(accuracy > 0.6, `accuracy ${accuracy}`);
      const same = seen.get(sha);
      seen.set(sha, serverOptimizer);
      assert.equal(same, serverOptimizer === 'sgd' ? 'averaging' : undefined);
    });
  }
});

describe('simulate with a correction', () => {
  /** ASGD, whose updates are stale. */
  const asgd = (correction?: DeltaCorrection): Policy => ({
    name: 'corrected-asgd',
    initial: () => null,
    waitCount: () => ({ value: 1, reason: 'every update' }),
    ...(correction && { correction }),
  });
  const corrections: DeltaCorrection[] = [
    { kind: 'gap-aware' },
    { kind: 'delay-compensation', lambda: 0.5 },
    { kind: 'toward-model' },
  ];
  const seen = new Set<string | null>();
  for (const correction of corrections) {
    it(`${correction.kind} is deterministic, learns, and is not plain ASGD`, async () => {
      const { sha, accuracy } = await twice({ ...small, policy: asgd(correction) });
      assert.ok(accuracy > 0.3, `accuracy ${accuracy}`);
      if (seen.size === 0) seen.add((await twice({ ...small, policy: asgd() })).sha);
      assert.ok(!seen.has(sha));
      seen.add(sha);
    });
  }

  it('refuses one that there is not, before anything is loaded', () => {
    const wrong = asgd(JSON.parse('{"kind":"magic"}'));
    assert.throws(() => simulate({ ...small, policy: wrong }), {
      code: 'CONFIG',
      message: /^policy: its correction is of kind "magic", and must be one of gap-aware, /,
    });
  });
});
