/**
 * The test vectors of `docs/wire-vectors.json`: messages and their bytes, for implementations in other languages.
 * After a change to the format: `node dist/test/protocols/wire/write-wire-vectors.js`.
 */
import { fileURLToPath } from 'node:url';
import { splitFrame } from '../../../protocols/wire/chunks.js';
import { crc32 } from '../../../protocols/wire/crc32.js';
import { encodeFrame } from '../../../protocols/wire/frame.js';
import type { Message } from '../../../protocols/wire/messages.js';
import {
  assign,
  awkwardTensor,
  bits,
  cancel,
  enter,
  fence as sender,
  heartbeat,
  join,
  update,
  welcome,
} from './messages-for-tests.js';

export const vectorsFile = fileURLToPath(new URL('../../../../docs/wire-vectors.json', import.meta.url));

export interface FrameVector {
  readonly name: string;
  readonly header: Message['header'];
  /** IEEE 754 bits of each element, 8 hexadecimal digits, highest first; null: no tensor. */
  readonly tensorBits: readonly string[] | null;
  readonly frame: string;
}

export interface RefusedVector {
  readonly name: string;
  readonly bytes: string;
  readonly reason: string;
}

export interface WireVectors {
  readonly about: string;
  readonly crc32: readonly { readonly ascii: string; readonly crc32: string }[];
  readonly frames: readonly FrameVector[];
  readonly chunks: {
    readonly frame: string;
    readonly sender: string;
    readonly sequence: number;
    readonly maxBytes: number;
    readonly chunks: readonly string[];
  };
  readonly refusedFrames: readonly RefusedVector[];
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

const fence = { ...sender, worker: 3, incarnation: 1 };
const asHeader = (header: Message['header']): Message => ({ header, tensor: null });

const messages: readonly [string, Message][] = [
  ['join', join()],
  ['heartbeat', heartbeat(3, 7)],
  ['update with NaN payloads, −0 and infinities', update(awkwardTensor())],
  [
    'update with an empty tensor and a loss that is not finite',
    {
      header: { ...update(new Float32Array()).header, loss: null } as Message['header'],
      tensor: new Float32Array(),
    },
  ],
  ['lost', { header: { type: 'lost', ...fence, reason: 'the thread exited', returns: true }, tensor: null }],
  ['assign', assign(new Float32Array([1, -0.5, 3.25]))],
  ['cancel, with a reason beyond ASCII', cancel()],
  [
    'ack',
    {
      header: { type: 'ack', ...fence, epoch: 1, updateId: '3.1.7', outcome: 'accepted', reason: '' },
      tensor: null,
    },
  ],
  [
    'offer',
    {
      header: { type: 'offer', ...fence, epoch: 1, attempt: 7, updateId: '3.1.7', baseVersion: 41 },
      tensor: null,
    },
  ],
  ['grant', { header: { type: 'grant', ...fence, epoch: 1, updateId: '3.1.7' }, tensor: null }],
  [
    'stop',
    { header: { type: 'stop', ...fence, epoch: 1, rejoin: false, reason: 'rounds reached' }, tensor: null },
  ],
  ['enter', enter()],
  ['alive', asHeader({ type: 'alive', ...sender })],
  ['leave', asHeader({ type: 'leave', ...sender, reason: 'SIGTERM', returns: false })],
  ['welcome', welcome()],
  [
    'refuse',
    asHeader({ type: 'refuse', ...sender, protocol: 1, again: true, reason: 'not heard for 5.2 s' }),
  ],
  ['end', asHeader({ type: 'end', ...sender, epoch: 1, status: 'finished', reason: 'rounds reached' })],
  ['announce', asHeader({ type: 'announce', run: sender.run, epoch: 1, protocol: 1, server: 'c0ffee' })],
  [
    'event',
    asHeader({
      type: 'event',
      run: sender.run,
      epoch: 1,
      kind: 'evaluation',
      record: { version: 42, testAccuracy: 0.5 },
    }),
  ],
];

/** A frame with bytes changed, and the checksum put right unless `checksum` is false. */
function changed(frame: Uint8Array, change: (view: DataView) => void, checksum = true): Uint8Array {
  const copy = frame.slice();
  const view = new DataView(copy.buffer);
  change(view);
  if (checksum) view.setUint32(20, crc32(copy.subarray(24), crc32(copy.subarray(0, 20))), true);
  return copy;
}

export function makeWireVectors(): WireVectors {
  const plain = encodeFrame(heartbeat(3, 7));
  const full = encodeFrame(update(awkwardTensor()));
  const cutter = fromHex('0123456789abcdef');
  const [sequence, maxBytes] = [5, 128];
  const refused: readonly [string, Uint8Array, string][] = [
    ['nothing', new Uint8Array(0), 'too short'],
    ['cut short', full.subarray(0, full.length - 4), 'length'],
    [
      'one bit flipped in the tensor',
      changed(full, (view) => view.setUint8(full.length - 1, 0), false),
      'checksum',
    ],
    ['wrong magic', changed(plain, (view) => view.setUint8(0, 0x58)), 'magic'],
    ['unknown version', changed(plain, (view) => view.setUint8(4, 2)), 'version'],
    ['storage set aside for later', changed(full, (view) => view.setUint8(5, 2)), 'storage'],
    ['reserved bytes not zero', changed(plain, (view) => view.setUint8(6, 1)), 'reserved'],
    ['2^32 − 1 elements', changed(full, (view) => view.setUint32(12, 0xffffffff, true)), 'elements'],
    ['payload length that does not fit', changed(full, (view) => view.setUint32(16, 32, true)), 'payload'],
    ['header that is no UTF-8', changed(plain, (view) => view.setUint8(26, 0xff)), 'header'],
    ['message of an unknown type', changed(plain, (view) => view.setUint8(33, 0x48)), 'type'],
  ];
  return {
    about:
      'Test vectors of docs/wire-protocol.md. Bytes are hexadecimal. Encoders may order the fields of the JSON header otherwise; decoders must read all of these.',
    crc32: ['', 'a', '123456789'].map((ascii) => ({
      ascii,
      crc32: crc32(new TextEncoder().encode(ascii)).toString(16).padStart(8, '0'),
    })),
    frames: messages.map(([name, message]) => ({
      name,
      header: message.header,
      tensorBits: tensorBits(message.tensor),
      frame: toHex(encodeFrame(message)),
    })),
    chunks: {
      frame: toHex(full),
      sender: toHex(cutter),
      sequence,
      maxBytes,
      chunks: [...splitFrame(full, { maxBytes, sender: cutter, sequence })].map(toHex),
    },
    refusedFrames: refused.map(([name, bytes, reason]) => ({ name, bytes: toHex(bytes), reason })),
  };
}

export function tensorBits(tensor: Float32Array | null): string[] | null {
  const words = bits(tensor);
  return words === null ? null : Array.from(words, (word) => word.toString(16).padStart(8, '0'));
}

/** Sixteen bytes a line, as the example in the document shows them. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString().padStart(4)}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join('\n');
}
