import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  chunkHeadBytes,
  maxChunkCount,
  minChunkBytes,
  readChunk,
  splitFrame,
} from '../../../protocols/wire/chunks.js';
import { crc32 } from '../../../protocols/wire/crc32.js';

const sender = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);

function split(frame: Uint8Array, maxBytes: number, sequence = 0): Uint8Array[] {
  return [...splitFrame(frame, { maxBytes, sender, sequence })];
}

function reasonOf(bytes: Uint8Array): string {
  const read = readChunk(bytes);
  assert.ok(!read.ok, 'the chunk was accepted');
  return read.reason;
}

function forged(chunk: Uint8Array, at: number, value: number): Uint8Array {
  const copy = chunk.slice();
  const view = new DataView(copy.buffer);
  view.setUint32(at, value, true);
  view.setUint32(36, crc32(copy.subarray(40), crc32(copy.subarray(0, 36))), true);
  return copy;
}

describe('chunks', () => {
  it('cover the frame exactly, none longer than allowed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 600 }),
        fc.integer({ min: minChunkBytes, max: 300 }),
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        (frame, maxBytes, sequence) => {
          const chunks = split(frame, maxBytes, sequence);
          const back = new Uint8Array(frame.length);
          const ids = new Set<string>();
          let covered = 0;
          for (const [index, bytes] of chunks.entries()) {
            assert.ok(bytes.length <= maxBytes);
            const read = readChunk(bytes);
            assert.ok(read.ok, read.ok ? '' : read.reason);
            assert.equal(read.chunk.index, index);
            assert.equal(read.chunk.count, chunks.length);
            assert.equal(read.chunk.totalBytes, frame.length);
            back.set(read.chunk.data, read.chunk.offset);
            covered += read.chunk.data.length;
            ids.add(read.chunk.id);
          }
          assert.deepEqual(back, frame);
          assert.equal(covered, frame.length);
          assert.equal(ids.size, 1);
        },
      ),
    );
  });

  it('are the same in memory that held something else', () => {
    const frame = Uint8Array.from({ length: 500 }, (_, i) => i);
    const dirty = (bytes: number) => new Uint8Array(bytes + 8).fill(0xff).subarray(8);
    const options = { maxBytes: 100, sender, sequence: 7 };
    const [fresh, reused] = [{}, { allocate: dirty }].map((memory) => [
      ...splitFrame(frame, { ...options, ...memory }),
    ]);
    assert.deepEqual(reused, fresh);
  });

  it('are identified by sender and sequence', () => {
    const [chunk] = split(new Uint8Array(9), 1000, 2 ** 32 + 5);
    assert.ok(chunk !== undefined);
    const read = readChunk(chunk);
    assert.ok(read.ok);
    assert.equal(read.chunk.id, '01020304050607080500000001000000');
  });

  it('are refused for any other bytes, truncations and single flipped bits', () => {
    const [chunk] = split(new Uint8Array(50).fill(7), 60);
    assert.ok(chunk !== undefined);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => void reasonOf(bytes)));
    for (let length = 0; length < chunk.length; length++) reasonOf(chunk.subarray(0, length));
    for (let bit = 0; bit < chunk.length * 8; bit++) {
      const copy = chunk.slice();
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      reasonOf(copy);
    }
  });

  it('are refused when their numbers do not fit together, even with a right checksum', () => {
    const [chunk] = split(new Uint8Array(50), 80);
    assert.ok(chunk !== undefined);
    assert.match(reasonOf(forged(chunk, 4, 2)), /chunk version 2/);
    assert.match(reasonOf(forged(chunk, 4, 0x101)), /reserved/);
    assert.match(reasonOf(forged(chunk, 24, 2)), /chunk 2 of 2/);
    assert.match(reasonOf(forged(chunk, 28, 0)), /0 chunks/);
    assert.match(reasonOf(forged(chunk, 28, maxChunkCount + 1)), /65537 chunks/);
    assert.match(reasonOf(forged(chunk, 28, 0xffffffff)), /4294967295 chunks/);
    assert.match(reasonOf(forged(chunk, 28, 20)), /50 bytes do not make 20 chunks/);
    assert.match(reasonOf(forged(chunk, 32, 0)), /0 bytes do not make/);
    assert.match(reasonOf(forged(chunk, 32, 0xffffffff)), /instead of/);
  });

  it('are not made with options out of range', () => {
    const make = (options: Partial<Parameters<typeof splitFrame>[1]>, bytes = 10): unknown => [
      ...splitFrame(new Uint8Array(bytes), { maxBytes: minChunkBytes, sender, sequence: 0, ...options }),
    ];
    assert.throws(() => make({ maxBytes: chunkHeadBytes }), RangeError);
    assert.throws(() => make({ maxBytes: Number.NaN }), RangeError);
    assert.throws(() => make({ sender: new Uint8Array(7) }), RangeError);
    assert.throws(() => make({ sequence: -1 }), RangeError);
    assert.throws(() => make({ sequence: 2 ** 53 }), RangeError);
    assert.throws(() => make({}, 0), RangeError);
    assert.throws(() => make({}, 8 * (maxChunkCount + 1)), RangeError);
  });
});
