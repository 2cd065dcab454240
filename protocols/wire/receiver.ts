/**
 * From the bytes that arrive on a subject to messages: frames as they are, chunks once they are whole. Invariant: any
 * bytes lead to a message or to a named refusal; nothing is thrown.
 */
import type { Allocate } from './allocate.js';
import { chunkMagic, readChunk } from './chunks.js';
import { type Checksum, crc32 as plainCrc32 } from './crc32.js';
import { decodeFrame, defaultFrameLimits, type FrameLimits, maxFrameBytes } from './frame.js';
import { addressProblem } from './check-message.js';
import type { Message } from './messages.js';
import { createReassembly, defaultReassemblyLimits, type TornFrame } from './reassembly.js';

export interface Received {
  /** Null: nothing to deliver (yet). */
  readonly message: Message | null;
  /** One line for each thing refused. */
  readonly refused: readonly string[];
}

export interface Receiver {
  /** @param now the caller's time, for `expire` */
  accept(subject: string, bytes: Uint8Array, now: number): Received;
  /** Gives up frames of which no chunk came since `before`. */
  expire(before: number): readonly TornFrame[];
  /** Frames that wait for chunks. */
  readonly parts: number;
}

export interface ReceiverOptions {
  readonly limits?: FrameLimits;
  /** Default: the one in plain JavaScript. */
  readonly crc32?: Checksum;
  /** Where tensors are put. Default: fresh memory, or where they arrived. */
  readonly allocate?: Allocate;
}

/** One per subscription: frames on different subscriptions never mix. */
export function createReceiver(options: ReceiverOptions = {}): Receiver {
  const { limits = defaultFrameLimits, crc32 = plainCrc32, allocate } = options;
  const reassembly = createReassembly(defaultReassemblyLimits(maxFrameBytes(limits)), allocate);

  const decode = (subject: string, frame: Uint8Array, torn: readonly string[]): Received => {
    const decoded = decodeFrame(frame, limits, crc32);
    const problem = decoded.ok ? addressProblem(subject, decoded.message.header) : decoded.reason;
    if (decoded.ok && problem === null) return { message: decoded.message, refused: torn };
    return { message: null, refused: [...torn, problem ?? 'refused'] };
  };

  /** Takes the tensor of a frame that came whole out of the bytes in which it arrived. */
  const settle = (received: Received): Received => {
    const { message } = received;
    if (message?.tensor == null || allocate === undefined) return received;
    const { buffer, byteOffset, byteLength, length } = message.tensor;
    const bytes = allocate(byteLength);
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength));
    return {
      ...received,
      message: { ...message, tensor: new Float32Array(bytes.buffer, bytes.byteOffset, length) },
    };
  };

  return {
    get parts() {
      return reassembly.parts;
    },
    accept(subject, bytes, now) {
      if (!startsAsChunk(bytes)) return settle(decode(subject, bytes, []));
      const read = readChunk(bytes, crc32);
      if (!read.ok) return { message: null, refused: [read.reason] };
      const result = reassembly.accept(subject, read.chunk, now);
      switch (result.type) {
        case 'complete':
          return decode(subject, result.frame, result.torn);
        case 'refused':
          return { message: null, refused: [...result.torn, result.reason] };
        case 'partial':
        case 'duplicate':
          return { message: null, refused: result.torn };
      }
    },
    expire: (before) => reassembly.expire(before),
  };
}

function startsAsChunk(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) === chunkMagic;
}
