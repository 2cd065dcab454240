/** Numbers by worker: what was set is found, in plain JSON, and what there was before stays as it was. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { countOf, noCounts, withCount } from '../../../protocols/sync/worker-counts.js';

describe('worker counts', () => {
  it('finds what was set last, through JSON as well, and changes nothing that there was', () => {
    const worker = fc.oneof(fc.nat(40), fc.nat(2000), fc.constantFrom(31, 32, 1023, 1024, 99_999));
    fc.assert(
      fc.property(fc.array(fc.tuple(worker, fc.nat(9))), (settings) => {
        let counts = noCounts;
        const expected = new Map<number, number>();
        for (const [of, count] of settings) {
          const before = JSON.stringify(counts);
          const next = withCount(counts, of, count);
          assert.equal(JSON.stringify(counts), before);
          counts = next;
          expected.set(of, count);
        }
        const read: typeof counts = JSON.parse(JSON.stringify(counts));
        assert.deepEqual(read, counts, 'no holes, and nothing undefined');
        for (const of of [0, 1, 31, 32, 33, 1023, 1024, 2001, 99_999, 100_000, ...expected.keys()]) {
          assert.equal(countOf(read, of), expected.get(of) ?? null, `worker ${of}`);
        }
      }),
    );
  });
});
