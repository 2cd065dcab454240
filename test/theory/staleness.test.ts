/**
 * Staleness of ASGD. A worker that has uploaded version v, and next uploads version v', was v' − v − 1 versions behind then. So
 * over each worker's updates Σ (τ + 1) is the version that its last update made, whatever the times; each of N workers' last
 * version is about T, hence Σ τ / T → N − 1 over all T updates, also for unequal workers. A worker with the share p of all
 * updates is 1/p − 1 versions behind on average (a worker's rate of updates is 1 / E[its X]).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { runTiming, type TimingRun } from '../support/timing-run.js';
import { assertDocumented } from './documented.js';

const workers = 8;
const rounds = 100_000;

async function measure(run: Omit<TimingRun, 'policy' | 'settings' | 'rounds'>) {
  const { applied, mostStale } = await runTiming({ policy: 'asgd', settings: { workers }, rounds, ...run });
  const total = applied.reduce((sum, { staleness }) => sum + staleness, 0);
  for (const { count, staleness, lastVersion } of applied) assert.equal(staleness + count, lastVersion);
  return { mean: total / rounds, applied, mostStale };
}

describe('staleness of ASGD', () => {
  for (const law of ['exponential', 'shifted-exponential:shift=0.5,mean=1', 'gamma:vtask=0.1,vmach=0']) {
    it(`is N − 1 on average, N = ${workers} equal workers, ${law}`, async () => {
      const { mean, applied } = await measure({ law, seed: 301 });
      // Each worker's last version is short of T by what the others did since.
      assert.ok(Math.abs(mean - (workers - 1)) < 0.01, `${mean}`);
      for (const { staleness, count } of applied) {
        assert.ok(Math.abs(staleness / count - (workers - 1)) < 0.02 * (workers - 1), `${staleness / count}`);
      }
      assertDocumented('Staleness', ['asgd', law, workers], [workers - 1, mean]);
    });
  }

  it('is N − 1 at every update but the first N, where all times are the same', async () => {
    const { mean, mostStale } = await measure({ law: 'constant', seed: 1 });
    assert.equal(mostStale, workers - 1);
    // 0 + 1 + … + N − 1 at first.
    const short = (workers * (workers - 1)) / 2;
    assert.equal(mean * rounds, rounds * (workers - 1) - short);
  });

  it('is N − 1 over all updates of unequal workers too, and 1/p − 1 of a worker with the share p', async () => {
    const { mean, applied } = await measure({ law: 'exponential', slowdown: '0:4', seed: 302 });
    assert.ok(Math.abs(mean - (workers - 1)) < 0.01, `${mean}`);
    const slow = applied[0] ?? assert.fail('no worker');
    // One of its tasks takes as long as 4 of each of the others.
    const expected = 4 * (workers - 1 + 1 / 4) - 1;
    // Over some 3,400 updates, which spread about their mean by as much as that is: 5 % are three standard errors.
    assert.ok(Math.abs(slow.staleness / slow.count / expected - 1) < 0.05, `${slow.staleness / slow.count}`);
    assertDocumented(
      'Staleness',
      ['asgd', 'exponential, worker 0 four times slower', workers],
      [workers - 1, mean],
    );
    assertDocumented(
      'Staleness',
      ['asgd', 'the same, worker 0 alone', workers],
      [expected, slow.staleness / slow.count],
    );
  });
});
