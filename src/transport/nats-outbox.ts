/**
 * What leaves over NATS: one message after the other, in the order of `send`; those without a tensor pass those with one.
 * Invariant: bytes in memory are bounded (one frame, plus the flight window), no message waits longer than the patience for
 * a connection, and none is sent twice: a message whose connection is lost before its last chunk has left is dropped and named.
 */
import { randomBytes } from 'node:crypto';
import { splitFrame } from '../../protocols/wire/chunks.js';
import type { Checksum } from '../../protocols/wire/crc32.js';
import type { Allocate } from '../../protocols/wire/allocate.js';
import { encodeFrame } from '../../protocols/wire/frame.js';
import type { Message } from '../../protocols/wire/messages.js';
import type { Clock } from '../clock/clock.js';
import { createBufferPool } from './buffer-pool.js';
import type { LiveConnection } from './nats-connection.js';
import type { NatsLink } from './nats-link.js';

/** Room counted for the header of a message that waits. */
const headerBytes = 1024;

export interface NatsOutboxOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly crc32: Checksum;
  readonly patienceSeconds: number;
  readonly maxChunkBytes: number;
  readonly maxFlightBytes: number;
  readonly onDropped: (subject: string, reason: string) => void;
}

export interface NatsOutbox {
  /** @param message checked; resolves when it is handed over or dropped, never rejects */
  send(subject: string, message: Message): Promise<void>;
  /** Lets what waits leave if there is a connection, drops it if not; then resolves. */
  finish(): Promise<void>;
}

export function createNatsOutbox(options: NatsOutboxOptions): NatsOutbox {
  const { link, clock, crc32, patienceSeconds, maxChunkBytes, maxFlightBytes, onDropped } = options;
  const sender = randomBytes(8);
  let sequence = 0;
  let waitingBytes = 0;
  /** For what is published: the client refers to it until it has left. */
  const pool = createBufferPool(maxChunkBytes);
  /** Messages with and without tensors: a heartbeat does not wait behind the uploads of a whole process, but passes them
   *  between two chunks. */
  const bulk: Lane = { tail: Promise.resolve(), scratch: createScratch(maxFlightBytes) };
  const express: Lane = { tail: Promise.resolve(), scratch: createScratch(maxFlightBytes) };
  let giveUp: () => void = () => undefined;
  const givenUp = new Promise<null>((resolve) => {
    giveUp = () => resolve(null);
  });

  /** The connection, or null when it has been away for longer than the patience. */
  const ready = async (): Promise<LiveConnection | null> => {
    if (link.current !== null) return link.current;
    const patience = (link.lostAt ?? clock.now()) + patienceSeconds - clock.now();
    if (patience <= 0) return null;
    let cancelTimer = (): void => undefined;
    const tooLate = new Promise<null>((resolve) => {
      cancelTimer = clock.after(patience, () => resolve(null));
    });
    const connection = await Promise.race([link.next(), tooLate, givenUp]);
    cancelTimer();
    return connection;
  };

  const transmit = async (subject: string, message: Message, { scratch }: Lane): Promise<string | null> => {
    const connection = await ready();
    if (connection === null) return 'there is no connection';
    const { nats, window } = connection;
    const maxBytes = Math.min(maxChunkBytes, nats.info?.max_payload ?? maxChunkBytes);
    const frame = encodeFrame(message, crc32, (bytes) =>
      bytes <= maxBytes ? pool.take(bytes) : scratch(bytes),
    );
    const pieces =
      frame.length <= maxBytes
        ? [frame]
        : splitFrame(frame, { maxBytes, sender, sequence: sequence++, crc32, allocate: pool.take });
    for (const piece of pieces) {
      await window.room(piece.length);
      if (connection.isLost) return 'the connection was lost before all of it had left';
      nats.publish(subject, piece);
      window.launched(piece.length, () => pool.release(piece));
    }
    return null;
  };

  const attempt = async (subject: string, message: Message, lane: Lane): Promise<void> => {
    try {
      const problem = await transmit(subject, message, lane);
      if (problem !== null) onDropped(subject, problem);
    } catch (error) {
      onDropped(subject, error instanceof Error ? error.message : String(error));
    }
  };

  return {
    async send(subject, message) {
      const bytes = headerBytes + (message.tensor?.byteLength ?? 0);
      if (link.current === null && waitingBytes > 0 && waitingBytes + bytes > maxFlightBytes) {
        onDropped(subject, `${waitingBytes} bytes wait for a connection already`);
        return;
      }
      waitingBytes += bytes;
      const lane = message.tensor === null ? express : bulk;
      lane.tail = lane.tail.then(() => attempt(subject, message, lane));
      await lane.tail;
      waitingBytes -= bytes;
    },
    async finish() {
      giveUp();
      await Promise.all([bulk.tail, express.tail]);
    },
  };
}

/** Messages that leave one after the other. */
interface Lane {
  tail: Promise<void>;
  readonly scratch: Allocate;
}

/** Room for a frame while it is cut into chunks: the same again and again, but for frames longer than `maxBytes`. */
function createScratch(maxBytes: number): Allocate {
  let buffer = new Uint8Array(0);
  return (bytes) => {
    if (bytes > maxBytes) return new Uint8Array(bytes);
    if (bytes > buffer.length) buffer = new Uint8Array(bytes);
    return buffer.subarray(0, bytes);
  };
}
