import assert from 'node:assert/strict';
import fc from 'fast-check';
import { crc32 } from '../../../protocols/wire/crc32.js';
import {
  decodeFrame,
  defaultFrameLimits,
  encodeFrame,
  frameHeadBytes,
  maxFrameBytes,
} from '../../../protocols/wire/frame.js';
import type { Message } from '../../../protocols/wire/messages.js';
import { arbitraryMessage, awkwardTensor, bits, cancel, heartbeat, update } from './messages-for-tests.js';

function decoded(frame: Uint8Array): Message {
  const result = decodeFrame(frame);
  assert.ok(result.ok, result.ok ? '' : result.reason);
  return result.message;
}

function reasonOf(frame: Uint8Array, limits = defaultFrameLimits): string {
  const result = decodeFrame(frame, limits);
  assert.ok(!result.ok, 'the frame was accepted');
  return result.reason;
}

/** A frame with some bytes changed and its checksum put right again. */
function forged(frame: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = frame.slice();
  const view = new DataView(copy.buffer);
  change(view);
  view.setUint32(20, crc32(copy.subarray(24), crc32(copy.subarray(0, 20))), true);
  return copy;
}

describe('frame', () => {
  it('brings back every message, bit for bit, wherever it lies in memory', () => {
    fc.assert(
      fc.property(arbitraryMessage, fc.nat(7), fc.boolean(), (message, shift, asBuffer) => {
        const frame = encodeFrame(message);
        assert.equal(frame.length % 4, 0);
        const room = asBuffer ? Buffer.alloc(shift + frame.length) : new Uint8Array(shift + frame.length);
        const moved = room.subarray(shift);
        moved.set(frame);
        const back = decoded(moved);
        assert.deepEqual(back.header, message.header);
        assert.deepEqual(bits(back.tensor), bits(message.tensor));
      }),
    );
  });

  it('starts the tensor at a multiple of 8 and does not copy it when reading', () => {
    const frame = encodeFrame(update(awkwardTensor()));
    const { tensor } = decoded(frame);
    assert.ok(tensor !== null);
    assert.equal(tensor.buffer, frame.buffer);
    assert.equal(tensor.byteOffset % 8, 0);
    assert.deepEqual(bits(tensor), bits(awkwardTensor()));
  });

  it('takes a tensor in shared memory', () => {
    const shared = new Float32Array(new SharedArrayBuffer(12));
    shared.set([1, -2, 3]);
    assert.deepEqual([...(decoded(encodeFrame(update(shared))).tensor ?? [])], [1, -2, 3]);
  });

  it('is the same in memory that held something else', () => {
    const dirty = (bytes: number) => new Uint8Array(bytes + 8).fill(0xff).subarray(8);
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        assert.deepEqual(encodeFrame(message, undefined, dirty), encodeFrame(message));
      }),
    );
  });

  it('tells no tensor from an empty one', () => {
    assert.equal(decoded(encodeFrame(heartbeat())).tensor, null);
    assert.equal(decoded(encodeFrame(update(new Float32Array(0)))).tensor?.length, 0);
  });

  it('has room for the longest valid header', () => {
    const message = cancel();
    const longest: Message = {
      header: {
        ...message.header,
        run: 'r'.repeat(128),
        type: 'cancel',
        epoch: 1,
        attempt: 1,
        staleness: 1,
        reason: '\u0001'.repeat(2000),
      },
      tensor: null,
    };
    assert.deepEqual(decoded(encodeFrame(longest)), longest);
  });

  it('is refused for any bytes that are not one, without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        reasonOf(bytes);
      }),
    );
  });

  it('is refused when cut short anywhere, or prolonged', () => {
    const frame = encodeFrame(update(awkwardTensor()));
    for (let length = 0; length < frame.length; length++) reasonOf(frame.subarray(0, length));
    const longer = new Uint8Array(frame.length + 1);
    longer.set(frame);
    assert.match(reasonOf(longer), /bytes arrived, but the frame is \d+ long/);
  });

  it('is refused when any single bit is flipped', () => {
    const frame = encodeFrame(update(awkwardTensor()));
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const copy = frame.slice();
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      reasonOf(copy);
    }
  });

  it('is refused with any bytes of the head overwritten and the checksum put right, unless it stays the same', () => {
    const frame = encodeFrame(update(awkwardTensor()));
    fc.assert(
      fc.property(fc.nat(19), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, bytes) => {
        const hostile = forged(frame, (view) => {
          for (const [index, byte] of bytes.entries()) if (at + index < 20) view.setUint8(at + index, byte);
        });
        const same = hostile.every((byte, index) => byte === frame[index]);
        assert.equal(decodeFrame(hostile).ok, same);
      }),
    );
  });

  it('is refused for lengths beyond the limits, before anything is allocated', () => {
    const frame = encodeFrame(update(awkwardTensor()));
    assert.match(
      reasonOf(forged(frame, (view) => view.setUint32(8, 0xffffffff, true))),
      /header of 4294967295 bytes/,
    );
    assert.match(
      reasonOf(forged(frame, (view) => view.setUint32(12, 0xffffffff, true))),
      /4294967295 elements/,
    );
    assert.match(reasonOf(forged(frame, (view) => view.setUint32(16, 4, true))), /do not take 4 bytes/);
    assert.match(
      reasonOf(frame, { ...defaultFrameLimits, maxTensorElements: awkwardTensor().length - 1 }),
      /at most 8 are allowed/,
    );
    assert.ok(decodeFrame(frame, { ...defaultFrameLimits, maxTensorElements: awkwardTensor().length }).ok);
  });

  it('is refused in a version, storage or with reserved bytes that are not known', () => {
    const frame = encodeFrame(update(awkwardTensor()));
    assert.match(reasonOf(forged(frame, (view) => view.setUint8(0, 0))), /does not start as a frame/);
    assert.match(reasonOf(forged(frame, (view) => view.setUint8(4, 2))), /frame version 2/);
    assert.match(reasonOf(forged(frame, (view) => view.setUint8(5, 2))), /tensor storage 2/);
    assert.match(reasonOf(forged(frame, (view) => view.setUint8(5, 0))), /elements of storage 0/);
    assert.match(reasonOf(forged(frame, (view) => view.setUint8(7, 1))), /reserved/);
  });

  it('is refused when its header is not UTF-8, not JSON, or not a valid message', () => {
    const frame = encodeFrame(heartbeat());
    assert.match(
      reasonOf(forged(frame, (view) => view.setUint8(frameHeadBytes + 2, 0xff))),
      /not JSON in UTF-8/,
    );
    assert.match(reasonOf(forged(frame, (view) => view.setUint8(frameHeadBytes, 0x5b))), /not JSON in UTF-8/);
    assert.match(reasonOf(forged(frame, (view) => view.setUint8(frameHeadBytes + 2, 0x41))), /type/);
  });

  it('is refused when the padding holds anything', () => {
    const frame = encodeFrame(heartbeat());
    const headerBytes = new DataView(frame.buffer).getUint32(8, true);
    const end = frameHeadBytes + headerBytes;
    assert.ok(end < frame.length, 'the message of this test has padding');
    assert.match(reasonOf(forged(frame, (view) => view.setUint8(end, 1))), /padding/);
  });

  it('knows its greatest length', () => {
    assert.equal(maxFrameBytes({ maxHeaderBytes: 1, maxTensorElements: 3 }), 32 + 12);
  });
});
