/** Computing ahead, over a compute that the test plays: it sees what was begun, and answers when the test says so. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Compute, LocalTask, LocalUpdate } from '../../src/compute/compute.js';
import { createLookAhead } from '../../src/simulator/look-ahead.js';

const parameters = new Float32Array(1);
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
  it('begins at once, two tasks for each thread, what ends first first', async () => {
    const { compute, begun, workers } = playedCompute(1);
    const ahead = createLookAhead(compute);
    for (const [worker, endsAt] of [9, 8, 7, 3, 5].entries()) ahead.begin(task(worker), endsAt);
    assert.deepEqual(workers(), [0, 1]);
    begun[0]?.answer();
    await settle();
    assert.deepEqual(workers(), [0, 1, 3]);
    begun[1]?.answer();
    begun[2]?.answer();
    await settle();
    assert.deepEqual(workers(), [0, 1, 3, 4, 2]);
    assert.equal(ahead.started, 5);
  });

  it('gives the update at once when it is there, and a promise of it before', async () => {
    const { compute, begun } = playedCompute(1);
    const computation = createLookAhead(compute).begin(task(0), 1);
    const early = computation.result();
    assert.ok(early instanceof Promise);
    begun[0]?.answer();
    assert.deepEqual(await early, update(0));
    assert.deepEqual(computation.result(), update(0));
  });

  it('does not compute what is cancelled before it begins, and stops what has begun', async () => {
    const { compute, begun, workers } = playedCompute(1);
    const ahead = createLookAhead(compute);
    const computations = [1, 2, 3, 4].map((endsAt, worker) => ahead.begin(task(worker), endsAt));
    computations[2]?.cancel();
    computations[0]?.cancel();
    await settle();
    assert.equal(begun[0]?.signal.aborted, true);
    assert.deepEqual(workers(), [0, 1, 3]);
    await assert.rejects(async () => computations[0]?.result());
  });

  it('hands on what computing throws, and goes on with the others', async () => {
    const { compute, begun, workers } = playedCompute(1);
    const ahead = createLookAhead(compute);
    const computations = [1, 2, 3].map((endsAt, worker) => ahead.begin(task(worker), endsAt));
    begun[0]?.fail(new Error('bad labels'));
    await assert.rejects(async () => computations[0]?.result(), /bad labels/);
    assert.deepEqual(workers(), [0, 1, 2]);
  });
});
