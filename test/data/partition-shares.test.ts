import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PartitionShares } from '../../src/data/partitions/partition-shares.js';

/** So many partitions of so many examples each, in order. */
function partitionsOf(workers: number, each: number): Uint32Array[] {
  return Array.from({ length: workers }, (_, worker) =>
    Uint32Array.from({ length: each }, (_index, i) => worker * each + i),
  );
}

describe('partition shares', () => {
  it('are the partitions themselves while nobody has left', () => {
    const partitions = partitionsOf(3, 10);
    assert.equal(new PartitionShares(partitions, 1).of(1), partitions[1]);
  });

  it('give every example to exactly one of those left, in parts of like size', () => {
    const fleet = fc.integer({ min: 2, max: 9 }).chain((workers) =>
      fc.record({
        workers: fc.constant(workers),
        each: fc.integer({ min: 1, max: 40 }),
        gone: fc.subarray(
          Array.from({ length: workers }, (_, worker) => worker),
          { maxLength: workers - 1 },
        ),
        seed: fc.nat(100),
      }),
    );
    fc.assert(
      fc.property(fleet, ({ workers, each, gone, seed }) => {
        const shares = new PartitionShares(partitionsOf(workers, each), seed);
        const left = Array.from({ length: workers }, (_, worker) => worker).filter((w) => !gone.includes(w));
        const all = left.map((worker) => shares.of(worker, gone));
        const examples = all.flatMap((share) => [...share]).sort((a, b) => a - b);
        assert.deepEqual(
          examples,
          Array.from({ length: workers * each }, (_, i) => i),
        );
        const sizes = all.map(({ length }) => length);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= gone.length);
        for (const [rank, share] of all.entries()) {
          assert.deepEqual(
            share,
            new PartitionShares(partitionsOf(workers, each), seed).of(left[rank] ?? 0, gone),
          );
        }
      }),
    );
  });

  it('keep what a worker had, and go back to it when the others return', () => {
    const partitions = partitionsOf(4, 10);
    const shares = new PartitionShares(partitions, 3);
    const more = shares.of(0, [2]);
    assert.ok([...(partitions[0] ?? [])].every((example) => more.includes(example)));
    assert.ok(more.length > 10);
    assert.equal(shares.of(0), partitions[0]);
  });

  it('deal an orphaned partition out at random', () => {
    const part = new PartitionShares(partitionsOf(2, 1000), 1).of(0, [1]);
    assert.equal(part.length, 2000);
    const some = [...new PartitionShares(partitionsOf(3, 1000), 1).of(0, [2])].slice(1000);
    assert.notDeepEqual(
      some,
      Array.from({ length: some.length }, (_, i) => 2000 + i),
    );
  });
});
