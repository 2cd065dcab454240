/**
 * A frame that is too long for one message, cut into numbered pieces. Every piece carries a checksum and enough to
 * place it alone: of `count` pieces all but the last are ⌈total / (8·count)⌉·8 bytes long. Layout in
 * `docs/wire-protocol.md`. Reading a piece is total: any bytes give a chunk or a reason.
 */
import { type Allocate, freshMemory } from './allocate.js';
import { type Checksum, crc32 as plainCrc32 } from './crc32.js';

/** "STWC", read as a little-endian number. */
export const chunkMagic = 0x43575453;
const chunkVersion = 1;
/** Bytes before the data of a chunk. */
export const chunkHeadBytes = 40;
/** Least room that `splitFrame` can work with: a head and eight bytes. */
export const minChunkBytes = chunkHeadBytes + 8;
/** Most chunks of one frame. */
export const maxChunkCount = 65_536;

const crcAt = 36;
const unit = 8;

export interface Chunk {
  /** Identity of the frame: the sender's 8 bytes and its count, in hexadecimal. */
  readonly id: string;
  readonly index: number;
  readonly count: number;
  /** Length of the whole frame in bytes. */
  readonly totalBytes: number;
  /** Where the data belongs in the frame. */
  readonly offset: number;
  readonly data: Uint8Array;
}

export type ReadChunk =
  | { readonly ok: true; readonly chunk: Chunk }
  | { readonly ok: false; readonly reason: string };

export interface SplitOptions {
  /** Longest chunk, head included; at least `minChunkBytes`. */
  readonly maxBytes: number;
  /** 8 bytes that no other sender has (random). */
  readonly sender: Uint8Array;
  /** Number of this frame, different for each that the sender splits; 0 … 2^53 − 1. */
  readonly sequence: number;
  /** Default: the one in plain JavaScript. */
  readonly crc32?: Checksum;
  /** Where each chunk is put. Default: fresh memory. */
  readonly allocate?: Allocate;
}

/** Length of every chunk's data but the last's. */
function dataBytes(totalBytes: number, count: number): number {
  return Math.ceil(totalBytes / (unit * count)) * unit;
}

/**
 * Cuts a frame into chunks of at most `maxBytes`, one at a time as they are asked for.
 * @throws RangeError when an option is out of range, or the frame would need more than `maxChunkCount` chunks
 */
export function* splitFrame(
  frame: Uint8Array,
  options: SplitOptions,
): Generator<Uint8Array, void, undefined> {
  const { maxBytes, sender, sequence, crc32 = plainCrc32, allocate = freshMemory } = options;
  if (!(maxBytes >= minChunkBytes))
    throw new RangeError(`maxBytes is ${maxBytes}: at least ${minChunkBytes}`);
  if (sender.length !== 8) throw new RangeError(`sender has ${sender.length} bytes: it must have 8`);
  if (!Number.isSafeInteger(sequence) || sequence < 0) throw new RangeError(`sequence is ${sequence}`);
  if (frame.length === 0) throw new RangeError('a frame without bytes');
  const room = Math.floor((maxBytes - chunkHeadBytes) / unit) * unit;
  const count = Math.max(1, Math.ceil(frame.length / room));
  if (count > maxChunkCount) {
    throw new RangeError(`a frame of ${frame.length} bytes needs ${count} chunks: at most ${maxChunkCount}`);
  }
  const length = dataBytes(frame.length, count);
  for (let index = 0; index < count; index++) {
    const data = frame.subarray(index * length, (index + 1) * length);
    const chunk = allocate(chunkHeadBytes + data.length);
    chunk.fill(0, 0, chunkHeadBytes);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    view.setUint32(0, chunkMagic, true);
    view.setUint8(4, chunkVersion);
    chunk.set(sender, 8);
    view.setBigUint64(16, BigInt(sequence), true);
    view.setUint32(24, index, true);
    view.setUint32(28, count, true);
    view.setUint32(32, frame.length, true);
    chunk.set(data, chunkHeadBytes);
    view.setUint32(crcAt, chunkChecksum(chunk, crc32), true);
    yield chunk;
  }
}

/** Reads one chunk; its data is a view into `bytes`. */
export function readChunk(bytes: Uint8Array, crc32: Checksum = plainCrc32): ReadChunk {
  if (bytes.length <= chunkHeadBytes) return refused(`${bytes.length} bytes are too few for a chunk`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== chunkMagic) return refused('it does not start as a chunk');
  const version = view.getUint8(4);
  if (version !== chunkVersion) return refused(`chunk version ${version}: only ${chunkVersion} is known`);
  if (view.getUint8(5) !== 0 || view.getUint16(6, true) !== 0) {
    return refused('the reserved bytes of the chunk are not zero');
  }
  const index = view.getUint32(24, true);
  const count = view.getUint32(28, true);
  const totalBytes = view.getUint32(32, true);
  if (count === 0 || count > maxChunkCount)
    return refused(`${count} chunks: 1 to ${maxChunkCount} are allowed`);
  if (index >= count) return refused(`chunk ${index} of ${count}`);
  const length = dataBytes(totalBytes, count);
  if ((count - 1) * length >= totalBytes) return refused(`${totalBytes} bytes do not make ${count} chunks`);
  const offset = index * length;
  const expected = Math.min(length, totalBytes - offset);
  const data = bytes.subarray(chunkHeadBytes);
  if (data.length !== expected) {
    return refused(`chunk ${index} of ${count} holds ${data.length} bytes instead of ${expected}`);
  }
  if (view.getUint32(crcAt, true) !== chunkChecksum(bytes, crc32))
    return refused('the checksum does not match');
  const id = Array.from(bytes.subarray(8, 24), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { ok: true, chunk: { id, index, count, totalBytes, offset, data } };
}

/** Over every byte but the four of the checksum itself. */
function chunkChecksum(chunk: Uint8Array, crc32: Checksum): number {
  return crc32(chunk.subarray(crcAt + 4), crc32(chunk.subarray(0, crcAt)));
}

function refused(reason: string): ReadChunk {
  return { ok: false, reason };
}
