import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chunkHeadBytes, readChunk } from '../../../protocols/wire/chunks.js';
import { decodeFrame, encodeFrame, frameHeadBytes } from '../../../protocols/wire/frame.js';
import { messageSchema } from '../../../protocols/wire/messages.js';
import { createReceiver } from '../../../protocols/wire/receiver.js';
import {
  fromHex,
  hexDump,
  makeWireVectors,
  tensorBits,
  toHex,
  vectorsFile,
  type WireVectors,
} from './wire-vectors.js';

const vectors = JSON.parse(readFileSync(vectorsFile, 'utf8')) as WireVectors;
const document = readFileSync(
  fileURLToPath(new URL('../../../../docs/wire-protocol.md', import.meta.url)),
  'utf8',
);

describe('docs/wire-vectors.json', () => {
  it('is what the code makes', () => {
    assert.deepEqual(vectors, JSON.parse(JSON.stringify(makeWireVectors())));
  });

  it('has a frame for every type of message', () => {
    const types = messageSchema.options.map((option) => option.shape.type.value);
    assert.deepEqual(new Set(vectors.frames.map(({ header }) => header.type)), new Set(types));
  });

  it('has frames that are read as they say, and written the same', () => {
    for (const { name, header, tensorBits: expected, frame } of vectors.frames) {
      const decoded = decodeFrame(fromHex(frame));
      assert.ok(decoded.ok, name);
      assert.deepEqual(decoded.message.header, header, name);
      assert.deepEqual(tensorBits(decoded.message.tensor), expected, name);
      assert.equal(toHex(encodeFrame(decoded.message)), frame, name);
    }
  });

  it('has chunks that make the frame, in any order', () => {
    const { frame, chunks, sender, maxBytes } = vectors.chunks;
    assert.ok(chunks.length > 2);
    const receiver = createReceiver();
    const received = chunks.toReversed().map((chunk) => receiver.accept('any', fromHex(chunk), 0).message);
    assert.ok(received.slice(0, -1).every((message) => message === null));
    const last = received.at(-1);
    assert.ok(last);
    assert.equal(toHex(encodeFrame(last)), frame);
    for (const chunk of chunks) {
      const read = readChunk(fromHex(chunk));
      assert.ok(read.ok && read.chunk.id.startsWith(sender));
      assert.ok(chunk.length / 2 <= maxBytes);
    }
  });

  it('has frames that are refused', () => {
    for (const { name, bytes } of vectors.refusedFrames) assert.ok(!decodeFrame(fromHex(bytes)).ok, name);
  });
});

describe('docs/wire-protocol.md', () => {
  it('shows a frame as it is', () => {
    const example = vectors.frames.find(({ name }) => name === 'assign');
    assert.ok(example !== undefined);
    assert.ok(document.includes(hexDump(fromHex(example.frame))));
  });

  it('names every message and every field of it', () => {
    for (const option of messageSchema.options) {
      const type = option.shape.type.value;
      const [, section = ''] = document.split(`### \`${type}\``);
      const text = section.split('\n### ')[0] ?? '';
      for (const field of Object.keys(option.shape)) {
        if (['type', 'run', 'process', 'life', 'worker', 'incarnation'].includes(field)) continue;
        assert.ok(text.includes(`\`${field}\``), `${field} of ${type}`);
      }
    }
  });

  it('states the sizes of both heads', () => {
    assert.ok(document.includes(`The head of a frame is ${frameHeadBytes} bytes`));
    assert.ok(document.includes(`The head of a chunk is ${chunkHeadBytes} bytes`));
  });
});
