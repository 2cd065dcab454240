import assert from 'node:assert/strict';
import fc from 'fast-check';
import { splitFrame } from '../../../protocols/wire/chunks.js';
import { encodeFrame } from '../../../protocols/wire/frame.js';
import type { Message } from '../../../protocols/wire/messages.js';
import { createReceiver } from '../../../protocols/wire/receiver.js';
import { serverSubject } from '../../../protocols/wire/subjects.js';
import { arbitraryMessage, bits, heartbeat, update } from './messages-for-tests.js';

const sender = new Uint8Array(8);

describe('receiver', () => {
  it('delivers messages whole or in chunks, in any mixture', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryMessage, { maxLength: 4 }),
        fc.integer({ min: 100, max: 1000 }),
        (messages, maxBytes) => {
          const receiver = createReceiver();
          const delivered: Message[] = [];
          for (const [sequence, message] of messages.entries()) {
            const frame = encodeFrame(message);
            const pieces =
              frame.length <= maxBytes ? [frame] : splitFrame(frame, { maxBytes, sender, sequence });
            for (const piece of pieces) {
              const received = receiver.accept('any.subject', piece, 0);
              assert.deepEqual(received.refused, []);
              if (received.message !== null) delivered.push(received.message);
            }
          }
          assert.deepEqual(
            delivered.map(({ header }) => header),
            messages.map(({ header }) => header),
          );
          assert.deepEqual(
            delivered.map(({ tensor }) => bits(tensor)),
            messages.map(({ tensor }) => bits(tensor)),
          );
        },
      ),
    );
  });

  it('puts tensors where it is told, whether they come whole or in chunks', () => {
    const given: ArrayBufferLike[] = [];
    const receiver = createReceiver({
      allocate: (length) => {
        const bytes = new Uint8Array(new SharedArrayBuffer(length));
        given.push(bytes.buffer);
        return bytes;
      },
    });
    const tensor = Float32Array.from({ length: 300 }, (_, i) => i / 7);
    const frame = encodeFrame(update(tensor));
    for (const maxBytes of [frame.length + 40, 200]) {
      const messages = [...splitFrame(frame, { maxBytes, sender, sequence: maxBytes })]
        .concat(maxBytes > frame.length ? [frame] : [])
        .flatMap((piece) => receiver.accept('any.subject', piece, 0).message ?? []);
      for (const message of messages) {
        assert.deepEqual(message.tensor, tensor);
        assert.ok(given.includes(message.tensor?.buffer ?? frame.buffer));
      }
      assert.equal(messages.length, maxBytes > frame.length ? 2 : 1);
    }
    const heartbeats = given.length;
    receiver.accept('any.subject', encodeFrame(heartbeat(3)), 0);
    assert.equal(given.length, heartbeats, 'no memory where there is no tensor');
  });

  it('names every piece of garbage and delivers nothing for it', () => {
    const receiver = createReceiver();
    const chunkStart = new TextEncoder().encode('STWC');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, asChunk) => {
        const garbage = asChunk ? new Uint8Array([...chunkStart, ...bytes]) : bytes;
        const received = receiver.accept('any.subject', garbage, 0);
        assert.equal(received.message, null);
        assert.equal(received.refused.length, 1);
      }),
    );
  });

  it('refuses a message on the subject of another worker', () => {
    const received = createReceiver().accept(
      serverSubject('run-1', 'node-1', 4),
      encodeFrame(heartbeat(3)),
      0,
    );
    assert.equal(received.message, null);
    assert.match(received.refused[0] ?? '', /worker 3.*worker 4/);
  });

  it('refuses a frame that is whole but corrupted before it was cut', () => {
    const frame = encodeFrame(update(new Float32Array(100)));
    frame[frame.length - 1] = 1;
    const receiver = createReceiver();
    const results = [...splitFrame(frame, { maxBytes: 200, sender, sequence: 0 })].map((chunk) =>
      receiver.accept('any.subject', chunk, 0),
    );
    assert.deepEqual(
      results.flatMap(({ refused }) => refused),
      ['the checksum does not match'],
    );
    assert.ok(results.every(({ message }) => message === null));
  });

  it('names frames that lost a chunk once the caller gives them up', () => {
    const receiver = createReceiver();
    const [first] = splitFrame(encodeFrame(update(new Float32Array(100))), {
      maxBytes: 200,
      sender,
      sequence: 0,
    });
    assert.ok(first !== undefined);
    receiver.accept('any.subject', first, 1);
    assert.equal(receiver.parts, 1);
    assert.equal(receiver.expire(2).length, 1);
    assert.equal(receiver.parts, 0);
  });
});
