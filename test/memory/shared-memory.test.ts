import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { countShared, sharedBytes, sharedVector } from '../../src/memory/shared-memory.js';

const megabyte = 2 ** 20;

describe('shared memory', () => {
  it('is zero, and passes to other threads by reference', () => {
    const vector = sharedVector(3);
    assert.deepEqual(vector, new Float32Array(3));
    assert.ok(vector.buffer instanceof SharedArrayBuffer);
    assert.ok(structuredClone(vector).buffer instanceof SharedArrayBuffer);
    assert.ok(sharedBytes(3).buffer instanceof SharedArrayBuffer);
  });

  it('is collected when nobody holds it any more', () => {
    const before = process.memoryUsage().rss;
    let most = 0;
    for (let count = 0; count < 3000; count += 1) {
      sharedBytes(megabyte).fill(1);
      if (count % 100 === 0) most = Math.max(most, process.memoryUsage().rss);
    }
    assert.ok(
      most - before < 1000 * megabyte,
      `${Math.round((most - before) / megabyte)} MB of 3,000 MB stayed`,
    );
  });

  it('is counted once however many views there are of it, and ordinary memory not at all', () => {
    const counted = () => process.memoryUsage().arrayBuffers;
    const vector = sharedVector(16 * megabyte);
    const before = counted();
    countShared(new Uint8Array(vector.buffer));
    countShared(vector.subarray(1));
    // Something may be collected meanwhile, but nothing comes on top.
    assert.ok(counted() - before < megabyte);
    const ordinary = new Float32Array(16 * megabyte);
    const after = counted();
    assert.equal(countShared(ordinary), ordinary);
    assert.ok(counted() - after < megabyte);
  });
});
