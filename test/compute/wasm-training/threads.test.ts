import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { everyKernel } from './every-kernel.js';

const times = 3;

/** What a thread of its own sends. */
async function inThread(): Promise<Float32Array[][]> {
  const thread = new Worker(new URL('./every-kernel-thread.js', import.meta.url), { workerData: times });
  const ended = once(thread, 'exit');
  const results: Float32Array[][] = [];
  for await (const [message] of on(thread, 'message', { close: ['exit'] })) {
    results.push(message as Float32Array[]);
  }
  await ended;
  return results;
}

describe('wasm-training: every kernel gives the same bits', () => {
  it('again, in another thread, and in two threads at once', async () => {
    const first = await everyKernel();
    assert.ok(first.flatMap((values) => [...values]).every(Number.isFinite));
    assert.deepEqual(await everyKernel(), first);
    for (const results of await Promise.all([inThread(), inThread()])) {
      assert.equal(results.length, times);
      for (const result of results) assert.deepEqual(result, first);
    }
  });
});
