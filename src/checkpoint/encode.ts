/**
 * A checkpoint as bytes, in one piece that is whole or refused:
 *
 *     magic (8) · format, length of the head (2 × u32) · length of all (u64) · head · vectors · SHA-256 of all before (32)
 *
 * Numbers are little-endian; the head is JSON (`lossless-json.ts`) with a table of the vectors, and each part begins at a
 * multiple of 8 bytes. Decoding is total: any bytes give a checkpoint, or a line that says why not. It allocates no more than the bytes
 * hold, and parses nothing before the hash is right.
 */
import { createHash, webcrypto } from 'node:crypto';
import { endianness } from 'node:os';
import { z } from 'zod';
import { oneLineOf } from '../errors.js';
import { type Checkpoint, checkpointSchema, type Vector } from './checkpoint.js';
import { readLossless, writeLossless } from './lossless-json.js';

/** Grows when what was written before can no longer be read. */
export const checkpointFormat = 1;

/** The line feed tells a file that was sent as text. */
const magic = Buffer.from('SWCKPT\r\n', 'latin1');
const prefixBytes = magic.length + 4 + 4 + 8;
const hashBytes = 32;

const tableSchema = z.array(
  z.strictObject({
    name: z.string(),
    type: z.enum(['f32', 'f64']),
    length: z.int().min(0),
  }),
);
const headSchema = z.strictObject({ vectors: tableSchema, state: checkpointSchema });

/** The vectors are read while it is called, the hash is taken on another thread. */
export async function encodeCheckpoint({ state, vectors }: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const table = [...vectors].map(([name, vector]) => ({
    name,
    type: vector instanceof Float32Array ? 'f32' : 'f64',
    length: vector.length,
  }));
  const head = Buffer.from(writeLossless({ vectors: table, state }), 'utf8');
  const body = [...vectors.values()].reduce((sum, { byteLength }) => sum + padded(byteLength), 0);
  const hashed = prefixBytes + padded(head.length) + body;
  const bytes = new Uint8Array(hashed + hashBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint32(magic.length, checkpointFormat, true);
  view.setUint32(magic.length + 4, head.length, true);
  view.setBigUint64(magic.length + 8, BigInt(bytes.length), true);
  bytes.set(head, prefixBytes);
  let offset = prefixBytes + padded(head.length);
  for (const vector of vectors.values()) {
    bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), offset);
    swapOnBigEndian(bytes.subarray(offset, offset + vector.byteLength), vector.BYTES_PER_ELEMENT);
    offset += padded(vector.byteLength);
  }
  const hash = await webcrypto.subtle.digest('SHA-256', bytes.subarray(0, hashed));
  bytes.set(new Uint8Array(hash), hashed);
  return bytes;
}

/** What was read, or in a line why it cannot be. */
export type Decoded =
  | { readonly checkpoint: Checkpoint; readonly problem: null }
  | { readonly checkpoint: null; readonly problem: string };

/** @param bytes left as they are; the vectors are copies */
export function decodeCheckpoint(bytes: Uint8Array): Decoded {
  try {
    return { checkpoint: decoded(bytes), problem: null };
  } catch (cause) {
    return { checkpoint: null, problem: problemOf(cause) };
  }
}

class Unreadable extends Error {}

function decoded(bytes: Uint8Array): Checkpoint {
  if (bytes.length < prefixBytes + hashBytes)
    throw new Unreadable(`it is cut off after ${bytes.length} bytes`);
  if (Buffer.compare(bytes.subarray(0, magic.length), magic) !== 0)
    throw new Unreadable('it is no checkpoint');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = view.getUint32(magic.length, true);
  const headLength = view.getUint32(magic.length + 4, true);
  const length = view.getBigUint64(magic.length + 8, true);
  if (length !== BigInt(bytes.length)) {
    const how = length > BigInt(bytes.length) ? 'cut off' : 'too long';
    throw new Unreadable(`it is ${how}: ${bytes.length} bytes instead of ${length}`);
  }
  const hashed = bytes.subarray(0, -hashBytes);
  const hash = createHash('sha256').update(hashed).digest();
  if (!hash.equals(bytes.subarray(-hashBytes)))
    throw new Unreadable('its SHA-256 is wrong: it was damaged or edited');
  if (format !== checkpointFormat) {
    throw new Unreadable(`it is of format ${format}, and this version reads ${checkpointFormat}`);
  }
  const body = prefixBytes + padded(headLength);
  if (body > hashed.length) throw new Unreadable('its head is longer than it is');
  const head = Buffer.from(bytes.buffer, bytes.byteOffset + prefixBytes, headLength).toString('utf8');
  const { vectors: table, state } = headSchema.parse(readLossless(head));
  const sizes = table.map(({ type, length: elements }) => padded(elements * (type === 'f32' ? 4 : 8)));
  const total = sizes.reduce((sum, size) => sum + size, body);
  if (total !== hashed.length)
    throw new Unreadable(`its vectors take ${total - body} bytes instead of ${hashed.length - body}`);
  const vectors = new Map<string, Vector>();
  let offset = body;
  for (const [index, { name, type, length: elements }] of table.entries()) {
    vectors.set(
      name,
      type === 'f32' ? float32At(bytes, offset, elements) : float64At(bytes, offset, elements),
    );
    offset += sizes[index] ?? 0;
  }
  return { state, vectors };
}

function float32At(bytes: Uint8Array, offset: number, length: number): Float32Array {
  const vector = new Float32Array(length);
  fill(vector, bytes, offset);
  return vector;
}

function float64At(bytes: Uint8Array, offset: number, length: number): Float64Array {
  const vector = new Float64Array(length);
  fill(vector, bytes, offset);
  return vector;
}

function fill(vector: Vector, bytes: Uint8Array, offset: number): void {
  const own = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  own.set(bytes.subarray(offset, offset + own.length));
  swapOnBigEndian(own, vector.BYTES_PER_ELEMENT);
}

function swapOnBigEndian(bytes: Uint8Array, elementBytes: number): void {
  if (endianness() === 'LE') return;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (elementBytes === 4) buffer.swap32();
  else buffer.swap64();
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function problemOf(cause: unknown): string {
  if (cause instanceof Unreadable) return cause.message;
  if (cause instanceof z.ZodError) {
    const [issue] = cause.issues;
    return `its content is wrong: ${issue?.path.join('.') ?? ''}: ${oneLineOf(issue?.message ?? '')}`;
  }
  return `its content is wrong: ${oneLineOf(cause)}`;
}
