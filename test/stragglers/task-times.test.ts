/** Task times are the same for the same seed whoever asks and in whatever order; workers are independent. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parseStraggler, stragglerLaws } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes, describeFleet, type TaskTimes } from '../../src/stragglers/task-times.js';

const drawn = stragglerLaws.filter((law) => law !== 'empirical' && law !== 'none' && law !== 'constant');

function timesOf(taskTimes: TaskTimes, worker: number, attempts = 2_000): number[] {
  return Array.from({ length: attempts }, (_, attempt) => taskTimes.taskTime(worker, attempt + 1));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const order = values.map((value, index) => ({ value, index })).sort((x, y) => x.value - y.value);
    const result = values.map(() => 0);
    order.forEach(({ index }, rank) => {
      result[index] = rank / (values.length - 1) - 0.5;
    });
    return result;
  };
  const [x, y] = [ranks(a), ranks(b)];
  const dot = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, i) => sum + value * (q[i] ?? 0), 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

describe('task times', () => {
  for (const law of drawn) {
    it(`${law}: the same seed gives the same times in any order, with any number of workers`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 1e6 }),
          fc.uniqueArray(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 50 })), {
            minLength: 1,
            maxLength: 12,
          }),
          (seed, tasks) => {
            const few = createTaskTimes(parseStraggler(law), { workers: 8, seed });
            const many = createTaskTimes(parseStraggler(law), { workers: 30, seed });
            const forwards = tasks.map(([worker, attempt]) => few.taskTime(worker, attempt));
            const backwards = tasks.toReversed().map(([worker, attempt]) => many.taskTime(worker, attempt));
            assert.deepEqual(forwards, backwards.reverse());
          },
        ),
        { numRuns: 20 },
      );
    });

    it(`${law}: another seed, another worker and another attempt give other times`, () => {
      const one = createTaskTimes(parseStraggler(law), { workers: 2, seed: 1 });
      const two = createTaskTimes(parseStraggler(law), { workers: 2, seed: 2 });
      const times = [one.taskTime(0, 1), one.taskTime(0, 2), one.taskTime(1, 1), two.taskTime(0, 1)];
      assert.equal(new Set(times).size, 4);
    });

    it(`${law}: workers are uncorrelated, and so are neighbouring attempts`, () => {
      const taskTimes = createTaskTimes(parseStraggler(law), { workers: 2, seed: 11 });
      const [first, second] = [timesOf(taskTimes, 0), timesOf(taskTimes, 1)];
      assert.ok(Math.abs(correlation(first, second)) < 4 / Math.sqrt(first.length));
      assert.ok(Math.abs(correlation(first.slice(1), first.slice(0, -1))) < 4 / Math.sqrt(first.length));
    });
  }

  it('a slowdown multiplies the times of its worker and of no other', () => {
    const spec = parseStraggler('exponential');
    const plain = createTaskTimes(spec, { workers: 3, seed: 1 });
    const slowed = createTaskTimes(spec, { workers: 3, seed: 1, slowdown: { all: 2, '1': 5 } });
    assert.equal(slowed.taskTime(0, 7), 2 * plain.taskTime(0, 7));
    assert.equal(slowed.taskTime(1, 7), 5 * plain.taskTime(1, 7));
    assert.equal(slowed.stretch(1, 0.5), 2.5);
  });

  it('a live task takes the longer of its computing and its drawn time, then lengthened', () => {
    const options = { workers: 2, seed: 1, slowdown: { '1': 3 } };
    const taskTimes = createTaskTimes(parseStraggler('constant:mean=0.4'), options);
    assert.equal(taskTimes.targetTime(0, 1, 0.1), 0.4);
    assert.equal(taskTimes.targetTime(0, 1, 0.7), 0.7);
    assert.equal(taskTimes.targetTime(1, 1, 0.7), 0.7 * 3);
    const bare = createTaskTimes(parseStraggler('none'), options);
    assert.equal(bare.targetTime(0, 1, 0.1), 0.1);
    assert.equal(bare.targetTime(1, 1, 0.1), 0.1 * 3);
  });

  it('describes the fleet: long-run mean, slowdown and burst factor of each worker', () => {
    const taskTimes = createTaskTimes(parseStraggler('constant:mean=2'), {
      workers: 3,
      seed: 1,
      slowdown: { '1': 3 },
      bursts: { '2': { on: 10, off: 30, factor: 4 } },
    });
    assert.deepEqual(describeFleet(taskTimes), [
      { worker: 0, meanTime: 2, slowdown: 1, burstFactor: 1 },
      { worker: 1, meanTime: 6, slowdown: 3, burstFactor: 1 },
      { worker: 2, meanTime: (2 * 40) / 32.5, slowdown: 1, burstFactor: 4 },
    ]);
  });

  it('refuses a worker that is not there', () => {
    const taskTimes = createTaskTimes(parseStraggler('none'), { workers: 2, seed: 1 });
    assert.throws(() => taskTimes.taskTime(2, 1), RangeError);
  });
});
