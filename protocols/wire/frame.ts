/**
 * One message as bytes: 24 bytes of fixed header, the message header as JSON, the tensor as raw little-endian elements
 * that start at a multiple of 8. `docs/wire-protocol.md` is the description for other languages. Invariant: decoding is
 * total. Any bytes give a valid message or a reason, never an exception, and allocate no more than the bytes hold.
 */
import { type Allocate, freshMemory } from './allocate.js';
import { type Checksum, crc32 as plainCrc32 } from './crc32.js';
import { readFloat32, writeFloat32 } from './float32-bytes.js';
import { type CheckedMessage, checkMessage } from './check-message.js';
import type { Message } from './messages.js';

/** "STWF", read as a little-endian number. */
const frameMagic = 0x46575453;
const frameVersion = 1;
/** Bytes before the JSON header. */
export const frameHeadBytes = 24;

const crcAt = 20;
const alignment = 8;
const elementBytes = 4;

/** How the elements are stored. 2: bfloat16, 3: int8 blocks and 4: top-k are set aside and refused by this version. */
const storage = { none: 0, float32: 1 } as const;

export interface FrameLimits {
  /** Longest JSON header, in bytes. Default 65,536: a welcome of 1,000 workers has room. */
  readonly maxHeaderBytes: number;
  /** Most elements of a tensor. Default 2^26 (256 MiB of float32). */
  readonly maxTensorElements: number;
}

export const defaultFrameLimits: FrameLimits = { maxHeaderBytes: 65_536, maxTensorElements: 2 ** 26 };

/** Bytes of the longest frame that the limits admit. */
export function maxFrameBytes(limits: FrameLimits): number {
  return payloadStart(limits.maxHeaderBytes) + limits.maxTensorElements * elementBytes;
}

function payloadStart(headerBytes: number): number {
  return Math.ceil((frameHeadBytes + headerBytes) / alignment) * alignment;
}

/**
 * The frame of a message that `checkMessage` has accepted; the tensor is copied into it.
 * @param crc32 a faster CRC-32 where the host has one. Default: the one in plain JavaScript.
 * @param allocate where the frame is put. Default: fresh memory.
 * @throws RangeError when the tensor has more than 2^29 elements (2 GiB)
 */
export function encodeFrame(
  message: Message,
  crc32: Checksum = plainCrc32,
  allocate: Allocate = freshMemory,
): Uint8Array {
  const { tensor } = message;
  const count = tensor?.length ?? 0;
  if (count > 2 ** 29) throw new RangeError(`a tensor of ${count} elements: a frame holds at most 2^29`);
  const header = new TextEncoder().encode(JSON.stringify(message.header));
  const start = payloadStart(header.length);
  const frame = allocate(start + count * elementBytes);
  frame.fill(0, 0, start);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  view.setUint32(0, frameMagic, true);
  view.setUint8(4, frameVersion);
  view.setUint8(5, tensor === null ? storage.none : storage.float32);
  view.setUint32(8, header.length, true);
  view.setUint32(12, count, true);
  view.setUint32(16, count * elementBytes, true);
  frame.set(header, frameHeadBytes);
  if (tensor !== null) writeFloat32(frame, start, tensor);
  view.setUint32(crcAt, frameChecksum(frame, crc32), true);
  return frame;
}

/**
 * The message in a frame, checked from the outside in: sizes, checksum, JSON, fields. The tensor is a view into `bytes`
 * where its elements are aligned there, else a copy; so `bytes` must not change afterwards.
 */
export function decodeFrame(
  bytes: Uint8Array,
  limits: FrameLimits = defaultFrameLimits,
  crc32: Checksum = plainCrc32,
): CheckedMessage {
  if (bytes.length < frameHeadBytes) return refused(`${bytes.length} bytes are too few for a frame`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== frameMagic) return refused('it does not start as a frame');
  const version = view.getUint8(4);
  if (version !== frameVersion) return refused(`frame version ${version}: only ${frameVersion} is known`);
  const stored = view.getUint8(5);
  if (stored !== storage.none && stored !== storage.float32) {
    return refused(`tensor storage ${stored}: only 0 (none) and 1 (float32) are known`);
  }
  if (view.getUint16(6, true) !== 0) return refused('the reserved bytes of the frame are not zero');

  const headerBytes = view.getUint32(8, true);
  const count = view.getUint32(12, true);
  const payloadBytes = view.getUint32(16, true);
  if (headerBytes > limits.maxHeaderBytes) {
    return refused(`a header of ${headerBytes} bytes: at most ${limits.maxHeaderBytes} are allowed`);
  }
  if (count > limits.maxTensorElements) {
    return refused(`a tensor of ${count} elements: at most ${limits.maxTensorElements} are allowed`);
  }
  if (payloadBytes !== count * elementBytes || (stored === storage.none && count > 0)) {
    return refused(`${count} elements of storage ${stored} do not take ${payloadBytes} bytes`);
  }
  const start = payloadStart(headerBytes);
  if (bytes.length !== start + payloadBytes) {
    return refused(`${bytes.length} bytes arrived, but the frame is ${start + payloadBytes} long`);
  }
  if (view.getUint32(crcAt, true) !== frameChecksum(bytes, crc32))
    return refused('the checksum does not match');

  const padding = bytes.subarray(frameHeadBytes + headerBytes, start);
  if (padding.some((byte) => byte !== 0)) return refused('the padding after the header is not zero');
  const header = parseJson(bytes.subarray(frameHeadBytes, frameHeadBytes + headerBytes));
  if (header === undefined) return refused('the header is not JSON in UTF-8');
  return checkMessage(header, stored === storage.none ? null : readFloat32(bytes, start, count));
}

/** Over every byte but the four of the checksum itself. */
function frameChecksum(frame: Uint8Array, crc32: Checksum): number {
  return crc32(frame.subarray(crcAt + 4), crc32(frame.subarray(0, crcAt)));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function refused(reason: string): CheckedMessage {
  return { ok: false, reason };
}
