/** Checkpoints as bytes: they come back whole, or not at all and with the reason. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/checkpoint/encode.js';
import { readLossless, writeLossless } from '../../src/checkpoint/lossless-json.js';
import { sampleCheckpoint } from './support/sample-checkpoint.js';

/** Where the head begins. */
const headAt = 24;

describe('encodeCheckpoint and decodeCheckpoint', () => {
  it('give back every number, text and vector', async () => {
    const checkpoint = sampleCheckpoint();
    const decoded = decodeCheckpoint(await encodeCheckpoint(checkpoint));
    assert.equal(decoded.problem, null);
    assert.deepEqual(decoded.checkpoint, checkpoint);
  });

  it('take what the run holds when they are called, whatever becomes of it', async () => {
    const checkpoint = sampleCheckpoint();
    const encoding = encodeCheckpoint(checkpoint);
    checkpoint.vectors.get('weights')?.fill(9);
    const { checkpoint: decoded } = decodeCheckpoint(await encoding);
    assert.deepEqual(decoded?.vectors.get('weights'), Float32Array.of(1, -0, 3.5));
  });

  it('refuse a file that is cut off anywhere', async () => {
    const bytes = await encodeCheckpoint(sampleCheckpoint());
    for (let length = 0; length < bytes.length; length += 1) {
      const { checkpoint, problem } = decodeCheckpoint(bytes.subarray(0, length));
      assert.equal(checkpoint, null);
      assert.match(problem ?? '', /cut off|instead of/);
    }
  });

  it('refuse a file in which any bit has flipped', async () => {
    const bytes = await encodeCheckpoint(sampleCheckpoint());
    const positions = fc.integer({ min: 0, max: bytes.length * 8 - 1 });
    const flipped = fc.property(positions, (bit) => {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { checkpoint, problem } = decodeCheckpoint(damaged);
      assert.equal(checkpoint, null);
      assert.ok(problem !== null && problem.length > 10 && !problem.includes('\n'), problem ?? '');
    });
    fc.assert(flipped, { numRuns: 2000 });
  });

  it('refuse any bytes at all', () => {
    const anything = fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assert.equal(decodeCheckpoint(bytes).checkpoint, null);
    });
    fc.assert(anything, { numRuns: 1000 });
  });

  it('allocate nothing for vectors that are not there, also where the hash is right', async () => {
    const bytes = await encodeCheckpoint(sampleCheckpoint());
    const text = Buffer.from(bytes).toString('latin1');
    const length = '"length":3';
    const at = text.indexOf(length, headAt);
    assert.ok(at > 0);
    // As long, so that all else stays where it is.
    const forged = Buffer.from(bytes);
    forged.write('"length":9', at, 'latin1');
    assert.equal(decodeCheckpoint(rehashed(forged)).problem, 'its vectors take 80 bytes instead of 56');
  });

  it('say of which format a later one is', async () => {
    const bytes = Buffer.from(await encodeCheckpoint(sampleCheckpoint()));
    bytes.writeUInt32LE(2, 8);
    assert.equal(decodeCheckpoint(rehashed(bytes)).problem, 'it is of format 2, and this version reads 1');
  });

  it('name what is wrong with a content that is hashed rightly', async () => {
    const sample = sampleCheckpoint();
    const { engine } = sample.state;
    const wrong = { ...sample, state: { ...sample.state, engine: { ...engine, version: -1 } } };
    const { problem } = decodeCheckpoint(await encodeCheckpoint(wrong));
    assert.match(problem ?? '', /^its content is wrong: state\.engine\.version: /);
  });
});

describe('lossless JSON', () => {
  it('gives back any value of JSON, and the numbers that JSON lacks', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    const numbers = fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 0, 1e308);
    const texts = fc.constantFrom('#', '##', '#NaN', '##NaN', '#-0', 'NaN', '');
    const anything = fc.property(fc.array(fc.oneof(value, numbers, texts)), (values) => {
      assert.deepEqual(readLossless(writeLossless({ values })), { values });
    });
    fc.assert(anything);
  });
});

function rehashed(bytes: Uint8Array): Uint8Array {
  const body = bytes.subarray(0, -32);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}
