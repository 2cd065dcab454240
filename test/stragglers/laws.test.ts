/** Every law against its closed forms: mean, variation, and the whole distribution (Kolmogorov–Smirnov). */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { gammaFunction } from '../../src/stragglers/gamma-function.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';

const samples = 20_000;

/** Ascending task times of worker 0. */
function draw(text: string, seed = 1): number[] {
  const taskTimes = createTaskTimes(parseStraggler(text), { workers: 1, seed });
  return Array.from({ length: samples }, (_, attempt) => taskTimes.taskTime(0, attempt + 1)).sort(
    (a, b) => a - b,
  );
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))) / mean;
}

/** Largest distance between the empirical distribution and the law's, times √n: above 1.95 once in 1,000 by chance. */
function kolmogorovSmirnov(ascending: readonly number[], distribution: (time: number) => number): number {
  const distances = ascending.map((time, index) => {
    const exact = distribution(time);
    return Math.max(exact - index / samples, (index + 1) / samples - exact);
  });
  return Math.max(...distances) * Math.sqrt(samples);
}

const exponentialPart = (mean: number) => (time: number) => 1 - Math.exp(-time / mean);

/** Gamma distribution of integer shape (Erlang). */
const erlang = (shape: number, scale: number) => (time: number) => {
  let term = Math.exp(-time / scale);
  let sum = 0;
  for (let n = 0; n < shape; n++) {
    sum += term;
    term *= time / scale / (n + 1);
  }
  return 1 - sum;
};

describe('laws of task times', () => {
  const cases: { text: string; mean: number; variation: number; distribution: (time: number) => number }[] = [
    { text: 'exponential:mean=2', mean: 2, variation: 1, distribution: exponentialPart(2) },
    {
      text: 'shifted-exponential:shift=3,mean=2',
      mean: 5,
      variation: 2 / 5,
      distribution: (time) => exponentialPart(2)(time - 3),
    },
    { text: 'gamma:mean=0.4,vtask=0.5,vmach=0', mean: 0.4, variation: 0.5, distribution: erlang(4, 0.1) },
    {
      text: 'pareto:shape=5,mean=1',
      mean: 1,
      variation: 1 / Math.sqrt(15),
      distribution: (time) => 1 - (0.8 / time) ** 5,
    },
    {
      text: 'weibull:shape=2,mean=3',
      mean: 3,
      variation: Math.sqrt(4 / Math.PI - 1),
      distribution: (time) => 1 - Math.exp(-(((time * Math.sqrt(Math.PI)) / 6) ** 2)),
    },
  ];
  for (const { text, mean, variation, distribution } of cases) {
    it(`${text} has its mean, its variation and its distribution`, () => {
      const times = draw(text);
      const standardError = (mean * variation) / Math.sqrt(samples);
      assert.ok(Math.abs(meanOf(times) - mean) < 4 * standardError, `mean ${meanOf(times)}`);
      assert.ok(Math.abs(variationOf(times) / variation - 1) < 0.05, `variation ${variationOf(times)}`);
      assert.ok(kolmogorovSmirnov(times, distribution) < 1.95);
    });
  }

  it('log-normal has its mean and coefficient of variation, and a normal logarithm', () => {
    const times = draw('log-normal:mean=2,cv=0.5');
    assert.ok(Math.abs(meanOf(times) - 2) < (4 * 2 * 0.5) / Math.sqrt(samples));
    assert.ok(Math.abs(variationOf(times) / 0.5 - 1) < 0.05);
    const sigma = Math.sqrt(Math.log(1.25));
    const standard = times.map((time) => (Math.log(time) - Math.log(2) + sigma ** 2 / 2) / sigma);
    for (const [power, moment, tolerance] of [
      [2, 1, 0.04],
      [3, 0, 0.11],
      [4, 3, 0.28],
    ] as const) {
      const found = meanOf(standard.map((value) => value ** power));
      assert.ok(Math.abs(found - moment) < tolerance, `moment ${power} is ${found}`);
    }
  });

  it('pareto by its scale may have no mean, and never falls below the scale', () => {
    const times = draw('pareto:shape=0.8,scale=2');
    assert.ok((times[0] ?? 0) >= 2);
    assert.ok(kolmogorovSmirnov(times, (time) => 1 - (2 / time) ** 0.8) < 1.95);
    const taskTimes = createTaskTimes(parseStraggler('pareto:shape=0.8,scale=2'), { workers: 1, seed: 1 });
    assert.equal(taskTimes.expectation(0).meanTime, Infinity);
  });

  it('constant is constant, and none is no time at all', () => {
    assert.deepEqual(new Set(draw('constant:mean=0.25')), new Set([0.25]));
    assert.deepEqual(new Set(draw('none')), new Set([0]));
  });

  it('the gamma function is right where Weibull laws need it', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      assert.ok(Math.abs(gammaFunction(n + 1) / (factorial *= n) - 1) < 1e-13);
    }
    assert.ok(Math.abs(gammaFunction(1.5) / (Math.sqrt(Math.PI) / 2) - 1) < 1e-13);
  });
});

describe('the coefficient-of-variation method', () => {
  const workers = 20_000;

  it('spreads the machines by V_mach around the mean', () => {
    const taskTimes = createTaskTimes(parseStraggler('gamma:mean=2,vmach=0.5,vtask=0'), { workers, seed: 3 });
    const machines = Array.from({ length: workers }, (_, worker) => taskTimes.expectation(worker).meanTime);
    assert.ok(Math.abs(meanOf(machines) - 2) < (4 * 2 * 0.5) / Math.sqrt(workers));
    assert.ok(Math.abs(variationOf(machines) / 0.5 - 1) < 0.05);
    assert.ok(
      kolmogorovSmirnov(
        machines.sort((a, b) => a - b),
        erlang(4, 0.5),
      ) < 1.95,
    );
  });

  it('spreads the tasks of one machine by V_task around its own mean', () => {
    for (const worker of [0, 1, 2]) {
      const taskTimes = createTaskTimes(parseStraggler('gamma:vmach=0.6,vtask=0.2'), { workers: 3, seed: 5 });
      const times = Array.from({ length: samples }, (_, attempt) => taskTimes.taskTime(worker, attempt + 1));
      const own = taskTimes.expectation(worker).meanTime;
      assert.ok(Math.abs(meanOf(times) / own - 1) < (4 * 0.2) / Math.sqrt(samples));
      assert.ok(Math.abs(variationOf(times) / 0.2 - 1) < 0.05);
    }
  });
});
