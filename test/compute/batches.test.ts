import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { attemptExamples, epochOrder } from '../../src/compute/batches.js';

const request = fc.record({
  seed: fc.integer(),
  worker: fc.nat(100),
  localSteps: fc.integer({ min: 1, max: 6 }),
  batchSize: fc.integer({ min: 1, max: 9 }),
});
const partition = fc
  .uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 25 })
  .map((indices) => Uint32Array.from(indices));

describe('batches', () => {
  it('an epoch is the partition in another order', () => {
    fc.assert(
      fc.property(partition, fc.integer(), fc.nat(9), fc.nat(50), (indices, seed, worker, epoch) => {
        assert.deepEqual(epochOrder(indices, seed, worker, epoch).toSorted(), indices.toSorted());
      }),
    );
  });

  it('attempts follow one another through the epochs without replacement', () => {
    fc.assert(
      fc.property(partition, request, fc.integer({ min: 1, max: 8 }), (indices, base, attempts) => {
        const seen = Array.from({ length: attempts }, (_, i) =>
          attemptExamples(indices, { ...base, attempt: i + 1 }),
        ).flatMap((examples) => [...examples]);
        for (let start = 0; start < seen.length; start += indices.length) {
          const epoch = epochOrder(indices, base.seed, base.worker, start / indices.length);
          const taken = seen.slice(start, start + indices.length);
          assert.deepEqual(taken, [...epoch].slice(0, taken.length));
        }
      }),
    );
  });

  it('an attempt has the same batches however often it is asked for', () => {
    fc.assert(
      fc.property(partition, request, fc.integer({ min: 1, max: 1_000_000 }), (indices, base, attempt) => {
        const once = attemptExamples(indices, { ...base, attempt });
        assert.deepEqual(attemptExamples(indices, { ...base, attempt }), once);
        assert.equal(once.length, base.localSteps * base.batchSize);
      }),
    );
  });

  it('workers, seeds and epochs have orders of their own', () => {
    const indices = Uint32Array.from({ length: 200 }, (_, i) => i);
    const orders = [epochOrder(indices, 1, 0, 0), epochOrder(indices, 2, 0, 0), epochOrder(indices, 1, 1, 0)];
    orders.push(epochOrder(indices, 1, 0, 1));
    assert.equal(new Set(orders.map(String)).size, 4);
  });

  it('an empty partition is refused', () => {
    const empty = { seed: 1, worker: 3, attempt: 1, localSteps: 1, batchSize: 1 };
    assert.throws(() => attemptExamples(new Uint32Array(0), empty), /partition of worker 3 is empty/);
  });
});
