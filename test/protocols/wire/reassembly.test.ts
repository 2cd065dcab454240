import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Chunk, readChunk, splitFrame } from '../../../protocols/wire/chunks.js';
import { createReassembly, defaultReassemblyLimits } from '../../../protocols/wire/reassembly.js';

const sender = new Uint8Array(8);

function chunksOf(frame: Uint8Array, sequence: number, maxBytes = 48): Chunk[] {
  return [...splitFrame(frame, { maxBytes, sender, sequence })].map((bytes) => {
    const read = readChunk(bytes);
    assert.ok(read.ok);
    return read.chunk;
  });
}

function frameOf(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

function firstOf(sequence: number, length = 20): Chunk {
  const [chunk] = chunksOf(frameOf(length, sequence), sequence);
  assert.ok(chunk !== undefined);
  return chunk;
}

describe('reassembly', () => {
  it('gives every frame once, whatever the order and the repetitions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 1, max: 3 }),
        (frames, order, copies) => {
          const reassembly = createReassembly(defaultReassemblyLimits(60));
          const keyed = frames
            .flatMap((frame, sequence) => chunksOf(frame, sequence))
            .flatMap((chunk) => Array.from({ length: copies }, () => ({ chunk, key: order.next().value })));
          keyed.sort((a, b) => a.key - b.key);
          const complete: Uint8Array[] = [];
          for (const { chunk } of keyed) {
            const result = reassembly.accept('s', chunk, 0);
            assert.notEqual(result.type, 'refused');
            assert.deepEqual(result.torn, []);
            if (result.type === 'complete') complete.push(result.frame);
          }
          const text = (frame: Uint8Array): string => frame.join();
          assert.deepEqual(complete.map(text).sort(), frames.map(text).sort());
          assert.equal(reassembly.parts, 0);
        },
      ),
    );
  });

  it('keeps frames of the same identity on different subjects apart', () => {
    const reassembly = createReassembly(defaultReassemblyLimits(100));
    for (const chunk of chunksOf(frameOf(20, 1), 1).slice(1)) reassembly.accept('a', chunk, 0);
    assert.equal(reassembly.accept('b', firstOf(1), 0).type, 'partial');
    assert.equal(reassembly.accept('a', firstOf(1), 0).type, 'complete');
  });

  it('displaces the oldest frame of a subject that has too many, and says which', () => {
    const reassembly = createReassembly({ ...defaultReassemblyLimits(100), maxPartsPerSubject: 2 });
    reassembly.accept('other', firstOf(9), 0);
    reassembly.accept('s', firstOf(1), 0);
    reassembly.accept('s', firstOf(2), 0);
    const { type, torn } = reassembly.accept('s', firstOf(3), 0);
    assert.equal(type, 'partial');
    assert.deepEqual(torn, ['a frame of 20 bytes is torn: 1 of 3 chunks arrived, newer ones took its place']);
    assert.equal(reassembly.parts, 3);
  });

  it('refuses frames longer than allowed, and displaces nothing for them', () => {
    const reassembly = createReassembly({ ...defaultReassemblyLimits(20), maxPartsPerSubject: 1 });
    reassembly.accept('s', firstOf(1), 0);
    const result = reassembly.accept('s', firstOf(2, 21), 0);
    assert.ok(result.type === 'refused');
    assert.match(result.reason, /21 bytes: at most 20/);
    assert.equal(reassembly.parts, 1);
  });

  it('refuses what would exceed the bytes or the number of unfinished frames in all', () => {
    const bytes = createReassembly({ ...defaultReassemblyLimits(20), maxBytes: 39 });
    assert.equal(bytes.accept('a', firstOf(1), 0).type, 'partial');
    const tooMany = bytes.accept('b', firstOf(2), 0);
    assert.ok(tooMany.type === 'refused');
    assert.match(tooMany.reason, /20 bytes of unfinished frames: 20 more would exceed 39/);

    const parts = createReassembly({ ...defaultReassemblyLimits(20), maxParts: 1 });
    parts.accept('a', firstOf(1), 0);
    assert.equal(parts.accept('b', firstOf(2), 0).type, 'refused');
  });

  it('frees the room of finished, displaced and expired frames', () => {
    const reassembly = createReassembly({ ...defaultReassemblyLimits(20), maxBytes: 20 });
    for (const chunk of chunksOf(frameOf(20, 1), 1)) reassembly.accept('a', chunk, 0);
    reassembly.accept('a', firstOf(2), 0);
    reassembly.expire(1);
    assert.equal(reassembly.accept('b', firstOf(3), 1).type, 'partial');
  });

  it('refuses a chunk that contradicts the others of its frame, and finishes the frame all the same', () => {
    const reassembly = createReassembly(defaultReassemblyLimits(100));
    const [first, ...others] = chunksOf(frameOf(20, 1), 1);
    assert.ok(first !== undefined);
    reassembly.accept('s', first, 0);
    assert.equal(reassembly.accept('s', firstOf(1, 21), 0).type, 'refused');
    assert.deepEqual(
      others.map((chunk) => reassembly.accept('s', chunk, 0).type),
      ['partial', 'complete'],
    );
  });

  it('expires what was not heard of since the given time, and nothing else', () => {
    const reassembly = createReassembly(defaultReassemblyLimits(100));
    const [first, second] = chunksOf(frameOf(20, 1), 1);
    assert.ok(first !== undefined && second !== undefined);
    reassembly.accept('s', first, 10);
    reassembly.accept('t', firstOf(2), 10);
    reassembly.accept('s', second, 20);
    assert.deepEqual(reassembly.expire(10), []);
    assert.deepEqual(reassembly.expire(20), [
      { subject: 't', reason: 'a frame of 20 bytes is torn: 1 of 3 chunks arrived, the rest never came' },
    ]);
    assert.equal(reassembly.parts, 1);
  });
});
