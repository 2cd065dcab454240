import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createBufferPool } from '../../src/transport/buffer-pool.js';

describe('buffer pool', () => {
  it('gives a buffer again once it is released, not before', () => {
    const pool = createBufferPool(100);
    const first = pool.take(80);
    const second = pool.take(80);
    assert.notEqual(first.buffer, second.buffer);
    pool.release(first);
    assert.equal(pool.take(60).buffer, first.buffer);
    assert.notEqual(pool.take(60).buffer, second.buffer);
  });

  it('gives as many bytes as are asked for', () => {
    const pool = createBufferPool(100);
    for (const bytes of [100, 51, 10, 250, 0]) {
      const taken = pool.take(bytes);
      assert.equal(taken.length, bytes);
      pool.release(taken);
    }
  });

  it('keeps nothing that would waste a buffer, or does not fit one', () => {
    const pool = createBufferPool(100);
    for (const bytes of [49, 101]) {
      const taken = pool.take(bytes);
      pool.release(taken);
      assert.notEqual(pool.take(bytes).buffer, taken.buffer);
    }
  });

  it('takes back only what is lent', () => {
    const pool = createBufferPool(100);
    const taken = pool.take(80);
    pool.release(new Uint8Array(taken.buffer));
    pool.release(taken);
    pool.release(taken);
    assert.equal(pool.take(80).buffer, taken.buffer);
    assert.notEqual(pool.take(80).buffer, taken.buffer);
  });
});
