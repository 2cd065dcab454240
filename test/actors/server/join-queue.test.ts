import assert from 'node:assert/strict';
import fc from 'fast-check';
import { JoinQueue } from '../../../actors/server/join-queue.js';

const workers = (joins: readonly { readonly worker: number }[]): number[] =>
  joins.map(({ worker }) => worker);

describe('join queue', () => {
  it("lets a second's worth in at once, then one at a time", () => {
    const queue = new JoinQueue(2, 0);
    for (const worker of [4, 3, 2, 1]) queue.ask({ worker, incarnation: 1 });
    assert.deepEqual(workers(queue.take(0)), [4, 3]);
    assert.equal(queue.untilNext(0), 0.5);
    assert.deepEqual(queue.take(0.4), []);
    assert.deepEqual(workers(queue.take(0.5)), [2]);
    assert.deepEqual(workers(queue.take(1)), [1]);
    assert.equal(queue.untilNext(1), null);
  });

  it('lets in fewer than one a second', () => {
    const queue = new JoinQueue(0.1, 0);
    for (const worker of [0, 1]) queue.ask({ worker, incarnation: 1 });
    assert.deepEqual(workers(queue.take(0)), [0]);
    assert.equal(queue.untilNext(0), 10);
    assert.deepEqual(workers(queue.take(10)), [1]);
  });

  it('keeps the place of whoever asks again, as its newest incarnation', () => {
    const queue = new JoinQueue(1, 0);
    for (const worker of [0, 1, 2]) queue.ask({ worker, incarnation: 1 });
    queue.take(0);
    queue.ask({ worker: 2, incarnation: 1 });
    queue.ask({ worker: 1, incarnation: 3 });
    queue.ask({ worker: 1, incarnation: 2 });
    assert.deepEqual(queue.take(1), [{ worker: 1, incarnation: 3 }]);
  });

  it('forgets an incarnation that is lost, and no newer one', () => {
    const queue = new JoinQueue(1, 0);
    for (const worker of [0, 1, 2]) queue.ask({ worker, incarnation: 2 });
    queue.take(0);
    queue.forget({ worker: 1, incarnation: 2 });
    queue.forget({ worker: 2, incarnation: 1 });
    queue.forget({ worker: 9, incarnation: 1 });
    assert.deepEqual(workers(queue.take(5)), [2]);
  });

  it('keeps to its rate over any stretch of time, and lets everybody in by then', () => {
    const gaps = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), gaps, (rate, waits) => {
        const queue = new JoinQueue(rate, 0);
        const joined: number[] = [];
        let now = 0;
        for (const [worker, wait] of waits.entries()) {
          now += wait;
          queue.ask({ worker, incarnation: 1 });
          joined.push(...queue.take(now).map(() => now));
        }
        for (let wait = queue.untilNext(now); wait !== null; wait = queue.untilNext(now)) {
          now += wait;
          joined.push(...queue.take(now).map(() => now));
        }
        assert.equal(joined.length, waits.length);
        for (const [index, from] of joined.entries()) {
          const within = joined.slice(index).filter((at) => at - from <= 1).length;
          assert.ok(within <= 2 * rate, `${within} within a second at ${rate} per second`);
        }
      }),
    );
  });
});
