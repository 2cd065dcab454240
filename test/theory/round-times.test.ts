/**
 * The simulator's rounds per unit of time are those of theory. Over 100,000 rounds the standard error is a third of a percent
 * at most, so 1 % is both safe and sharp enough to notice a time that is wrong by 2 %.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { assertAgrees, assertTells, batchMeans } from '../support/mean-estimate.js';
import { runTiming } from '../support/timing-run.js';
import { assertDocumented } from './documented.js';
import { roundTimeCases } from './round-time-cases.js';
import { harmonic, orderStatistic, totalOfRenewals } from './round-times.js';

const tolerance = 0.01;

describe('time per round', () => {
  for (const timing of roundTimeCases) {
    const { policy, settings, k, law, theory, formula } = timing;
    const key = [policy, law, settings.workers, k];
    it(`${policy}, N = ${settings.workers}, K = ${k}, ${law}: ${formula}`, async () => {
      const { durations } = await runTiming(timing);
      const estimate = batchMeans(durations);
      assertAgrees(estimate, theory, tolerance);
      assertTells(estimate, theory, tolerance, 0.02);
      assertDocumented('Time per round', key, [theory, estimate.mean]);
    });
  }

  it('is seen to be wrong where tasks take 2 % longer than they should', async () => {
    const right = roundTimeCases.find(({ policy }) => policy === 'asgd') ?? assert.fail('no case');
    const { durations } = await runTiming({ ...right, slowdown: 'all:1.02' });
    assert.throws(() => assertAgrees(batchMeans(durations), right.theory, tolerance), assert.AssertionError);
  });

  it('K-async: less than E[X_{K:N}] for times that are new-longer-than-used, by what is done already', async () => {
    const shape = { settings: { workers: 6, waitCount: 3 }, rounds: 20_000, seed: 201 };
    const law = 'shifted-exponential:shift=0.5,mean=1';
    const { durations } = await runTiming({ policy: 'k-async', law, ...shape });
    const { mean, standardError } = batchMeans(durations);
    assert.ok(mean + 10 * standardError < orderStatistic(3, 6, 1, 0.5), `${mean} ± ${standardError}`);
    // N workers that never idle make N / E[X] updates per unit of time; those of K-async idle now and then.
    assert.ok(mean - 10 * standardError > (3 * 1.5) / 6, `${mean} ± ${standardError}`);
  });

  it('ABS with τ_max = 1 closes every round when K-sync does, and without a bound when K-async does', async () => {
    const shape = { law: 'gamma:vtask=0.6,vmach=0.3', rounds: 5000, seed: 202 };
    const times = async (policy: string, settings: object) =>
      (await runTiming({ policy, settings: { workers: 6, waitCount: 3, ...settings }, ...shape })).durations;
    assert.deepEqual(await times('abs', { maxStaleness: 1 }), await times('k-sync', {}));
    assert.deepEqual(await times('abs', { a: Infinity }), await times('k-async', {}));
    assert.notDeepEqual(await times('abs', { maxStaleness: 2 }), await times('k-async', {}));
  });
});

describe('formulas of theory', () => {
  const near = (found: number, wanted: number) =>
    assert.ok(Math.abs(found - wanted) < 1e-5, `${found}, ${wanted}`);

  it('harmonic numbers and order statistics', () => {
    near(harmonic(4), 25 / 12);
    near(orderStatistic(1, 5, 2, 0.5), 0.5 + 2 / 5);
    near(orderStatistic(2, 2, 1), 1.5);
  });

  it('the integral over renewals is the closed form where there is one', () => {
    for (const [k, n] of [
      [1, 1],
      [3, 2],
      [5, 4],
    ] as const) {
      near(totalOfRenewals(k, n, 2, 0), (2 * k) / n);
      // One worker does one task after the other; the first of n tasks is the first order statistic.
      near(totalOfRenewals(k, 1, 1, 0.5), 1.5 * k);
      near(totalOfRenewals(1, n, 1, 0.5), orderStatistic(1, n, 1, 0.5));
    }
  });
});
