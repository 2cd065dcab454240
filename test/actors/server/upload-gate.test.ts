import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Offer, UploadGate } from '../../../actors/server/upload-gate.js';

const offer = (worker: number, attempt = 1): Offer => ({
  worker,
  incarnation: 1,
  attempt,
  updateId: `${worker}.1.${attempt}`,
});
const workers = (offers: readonly Offer[]): number[] => offers.map(({ worker }) => worker);

describe('upload gate', () => {
  it('has nobody ask where the updates of all fit', () => {
    const gate = new UploadGate(100, 1000);
    assert.deepEqual([gate.mustAsk(10), gate.mustAsk(11)], [false, true]);
  });

  it('grants in the order of asking as credits come back', () => {
    const gate = new UploadGate(100, 200);
    assert.deepEqual(workers(gate.offer(offer(3))), [3]);
    assert.deepEqual(workers(gate.offer(offer(1))), [1]);
    assert.deepEqual(gate.offer(offer(2)), []);
    assert.deepEqual(gate.offer(offer(0)), []);
    assert.deepEqual(gate.offer(offer(2)), [], 'asking again costs no place');
    assert.deepEqual(workers(gate.release(1)), [2]);
    assert.deepEqual(workers(gate.release(3)), [0]);
    assert.deepEqual(gate.release(7), []);
  });

  it('grants one at a time where one alone is more than the credits', () => {
    const gate = new UploadGate(1000, 100);
    assert.deepEqual(workers(gate.offer(offer(0))), [0]);
    assert.deepEqual(gate.offer(offer(1)), []);
  });

  it('grants again what is offered again: the grant or the update was lost', () => {
    const gate = new UploadGate(100, 100);
    gate.offer(offer(0));
    assert.deepEqual(workers(gate.offer(offer(0))), [0]);
    assert.equal(gate.granted, 1);
  });

  it('passes the credit on when its worker has another assignment, or says that it does not upload', () => {
    const gate = new UploadGate(100, 100);
    gate.offer(offer(0));
    gate.offer(offer(1));
    gate.offer(offer(2));
    gate.offer(offer(3));
    assert.deepEqual(gate.heartbeat(0, 1, true), []);
    assert.deepEqual(workers(gate.heartbeat(0, 2, true)), [1]);
    assert.deepEqual(workers(gate.heartbeat(1, 1, false)), [2]);
    assert.deepEqual(gate.heartbeat(3, 1, false), [], 'it only waited');
    assert.deepEqual(gate.release(2), []);
  });

  it('never grants more than its credits, and leaves no credit unused while somebody waits', () => {
    const step = fc.record({
      what: fc.constantFrom('offer', 'next-offer', 'arrived', 'beat-idle'),
      worker: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 80 }), (credits, steps) => {
        const gate = new UploadGate(1, credits);
        const attempts = new Map<number, number>();
        const granted = new Map<number, number>();
        const waiting = new Set<number>();
        const take = (offers: readonly Offer[]): void => {
          for (const { worker, attempt } of offers) {
            assert.equal(attempt, attempts.get(worker) ?? 1);
            granted.set(worker, attempt);
            waiting.delete(worker);
          }
        };
        for (const { what, worker } of steps) {
          if (what === 'next-offer') attempts.set(worker, (attempts.get(worker) ?? 1) + 1);
          const attempt = attempts.get(worker) ?? 1;
          if (what === 'offer' || what === 'next-offer') {
            if (granted.get(worker) !== attempt) {
              granted.delete(worker);
              waiting.add(worker);
            }
            take(gate.offer(offer(worker, attempt)));
          } else {
            granted.delete(worker);
            waiting.delete(worker);
            take(what === 'arrived' ? gate.release(worker) : gate.heartbeat(worker, attempt, false));
          }
          assert.ok(granted.size <= credits);
          assert.equal(gate.granted, granted.size);
          if (waiting.size > 0) assert.equal(granted.size, credits);
        }
      }),
    );
  });
});
