/** Computing ahead, over a compute that the test plays: it sees what was begun, and answers when the test says so. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Compute, LocalTask, LocalUpdate } from '../../src/compute/compute.js';
import type { Outlook } from '../../src/simulator/forecast.js';
import { createLookAhead } from '../../src/simulator/look-ahead.js';
import { arbitraryOutlook } from '../support/arbitrary-outlook.js';

const parameters = new Float32Array(1);
const due = (endsAt: number, version = 0) => ({ endsAt, version });
const nothingKnown = () => null;
const task = (worker: number): LocalTask => ({ worker, attempt: 1, parameters, localSteps: 1 });
const update = (worker: number): LocalUpdate => ({
  delta: Float32Array.of(worker),
  steps: 1,
  samples: 1,
  loss: 1,
  firstLoss: 1,
  computeSeconds: 0,
});

function playedCompute(threads: number) {
  const begun: { worker: number; signal: AbortSignal; answer: () => void; fail: (e: Error) => void }[] = [];
  const compute: Pick<Compute, 'run' | 'threads'> = {
    threads,
    run: ({ worker }, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        begun.push({ worker, signal, answer: () => resolve(update(worker)), fail: reject });
      }),
  };
  return { compute, begun, workers: () => begun.map(({ worker }) => worker) };
}

/** Lets promises come to rest. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

describe('computing ahead', () => {
  it('begins what ends first, one task for each thread', async () => {
    const { compute, begun, workers } = playedCompute(3);
    const ahead = createLookAhead(compute);
    for (const [worker, endsAt] of [9, 8, 6, 7, 3, 5].entries()) ahead.begin(task(worker), due(endsAt));
    assert.deepEqual(workers(), [], 'others may come at the same instant');
    ahead.proceed(nothingKnown);
    assert.deepEqual(workers(), [4, 5, 2]);
    begun[0]?.answer();
    await settle();
    assert.deepEqual(workers(), [4, 5, 2, 3]);
    begun[1]?.answer();
    begun[2]?.answer();
    await settle();
    assert.deepEqual(workers(), [4, 5, 2, 3, 1, 0]);
    assert.equal(ahead.started, 6);
  });

  it('does not begin what a restart will throw away, unless it is needed after all', async () => {
    const { compute, begun, workers } = playedCompute(1);
    const ahead = createLookAhead(compute);
    // At version 5 with K = 1 and a bound of 2: by the end of worker 0 worker 1 is 2 behind, and restarts.
    const computations = [4, 4, 5].map((version, worker) => ahead.begin(task(worker), due(worker, version)));
    const outlook: Outlook = {
      version: 5,
      held: 0,
      waiting: [],
      waitCount: 1,
      bound: 2,
      test: 'ge',
      pulls: false,
      endOf: () => Infinity,
    };
    ahead.proceed(() => outlook);
    for (const which of [0, 1]) {
      begun[which]?.answer();
      await settle();
    }
    assert.deepEqual(workers(), [0, 2]);
    const late = computations[1]?.result();
    assert.deepEqual(workers(), [0, 2, 1]);
    begun[2]?.answer();
    assert.deepEqual(await late, update(1));
  });

  it('begins first what ends next, and computes all that is needed, whatever is foreseen', async () => {
    const tasks = fc.array(fc.record({ endsAt: fc.nat(20), version: fc.nat(5) }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(
        tasks,
        arbitraryOutlook,
        fc.integer({ min: 1, max: 3 }),
        async (dues, known, threads) => {
          const { compute, begun, workers } = playedCompute(threads);
          const ahead = createLookAhead(compute);
          const byEnd = [...dues.keys()].sort((a, b) => (dues[a]?.endsAt ?? 0) - (dues[b]?.endsAt ?? 0));
          const computations = dues.map((of, worker) => ahead.begin(task(worker), of));
          ahead.proceed(() => known);
          assert.equal(workers()[0], byEnd[0]);
          let answered = 0;
          for (const worker of byEnd) {
            const result = computations[worker]?.result();
            for (; !workers().slice(0, answered).includes(worker); answered += 1) {
              (begun[answered] ?? assert.fail('nothing is computed')).answer();
              await settle();
            }
            assert.deepEqual(await result, update(worker));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives the update at once when it is there, and a promise of it before', async () => {
    const { compute, begun } = playedCompute(1);
    const ahead = createLookAhead(compute);
    const computation = ahead.begin(task(0), due(1));
    ahead.proceed(nothingKnown);
    const early = computation.result();
    assert.ok(early instanceof Promise);
    begun[0]?.answer();
    assert.deepEqual(await early, update(0));
    assert.deepEqual(computation.result(), update(0));
  });

  it('does not compute what is cancelled before it begins, and stops what has begun', async () => {
    const { compute, begun, workers } = playedCompute(3);
    const ahead = createLookAhead(compute);
    const computations = [1, 2, 3, 4, 5].map((endsAt, worker) => ahead.begin(task(worker), due(endsAt)));
    ahead.proceed(nothingKnown);
    computations[3]?.cancel();
    computations[0]?.cancel();
    await settle();
    assert.equal(begun[0]?.signal.aborted, true);
    assert.deepEqual(workers(), [0, 1, 2, 4]);
    await assert.rejects(async () => computations[0]?.result());
  });

  it('computes once more what a thread died of, and hands on what is thrown again', async () => {
    const { compute, begun, workers } = playedCompute(3);
    const ahead = createLookAhead(compute);
    const computations = [1, 2, 3, 4].map((endsAt, worker) => ahead.begin(task(worker), due(endsAt)));
    ahead.proceed(nothingKnown);
    begun[0]?.fail(new Error('a thread exited'));
    await settle();
    assert.deepEqual(workers(), [0, 1, 2, 0]);
    begun[3]?.answer();
    assert.deepEqual(await computations[0]?.result(), update(0));
    for (const _ of [1, 2]) {
      begun.findLast(({ worker }) => worker === 1)?.fail(new Error('bad labels'));
      await settle();
    }
    await assert.rejects(async () => computations[1]?.result(), /bad labels/);
    assert.ok(workers().includes(3), 'the others go on');
  });

  it('keeps nothing of what is cancelled', async () => {
    const { compute, begun } = playedCompute(1);
    const ahead = createLookAhead(compute);
    const computation = ahead.begin(task(0), due(1));
    ahead.proceed(nothingKnown);
    begun[0]?.answer();
    await settle();
    computation.cancel();
    assert.ok(computation.result() instanceof Promise, 'the update is not held any more');
  });
});
