/**
 * What arrives over NATS: the subscriptions, kept through every change of connection, and what they deliver. Invariant:
 * nothing thrown and nothing long on the thread that reads the socket; every message refused is named.
 */
import { createReceiver, type Receiver, type ReceiverOptions } from '../../protocols/wire/receiver.js';
import type { Clock } from '../clock/clock.js';
import { StalewartError } from '../errors.js';
import { createMessageStream, type MessageStream } from './message-stream.js';
import { type LiveConnection, roundTrip } from './nats-connection.js';
import type { Msg, NatsError, Subscription } from './nats-dial.js';
import { closedError } from './outgoing.js';
import type { TransportStatus } from './transport.js';

export interface NatsInboxOptions {
  readonly clock: Clock;
  readonly receiver: ReceiverOptions;
  /** Frames that lack chunks are given up after so many seconds of silence. */
  readonly tornAfterSeconds: number;
  readonly emit: (status: TransportStatus) => void;
  /** The present or next connection; null once the transport is closed. */
  readonly next: () => Promise<LiveConnection | null>;
}

export interface NatsInbox {
  /** Resolves when the server knows of the subscription. */
  subscribe(pattern: string): Promise<MessageStream>;
  /** Takes every subscription to a new connection. */
  attach(connection: LiveConnection): void;
  /** Completes every stream. */
  end(): void;
}

interface Entry {
  readonly pattern: string;
  readonly stream: MessageStream;
  readonly receiver: Receiver;
  connection: LiveConnection | null;
  subscription: Subscription | null;
  /** Why the server does not allow it. */
  denied: NatsError | null;
}

export function createNatsInbox(options: NatsInboxOptions): NatsInbox {
  const { clock, tornAfterSeconds, emit, next } = options;
  const entries = new Set<Entry>();
  let cancelSweep: (() => void) | null = null;

  const refuse = (subject: string, detail: string): void =>
    emit({ type: 'refused-message', subject, detail });

  const sweep = (): void => {
    cancelSweep = null;
    for (const { receiver } of entries) {
      for (const { subject, reason } of receiver.expire(clock.now() - tornAfterSeconds))
        refuse(subject, reason);
    }
    scheduleSweep();
  };

  const scheduleSweep = (): void => {
    if (cancelSweep !== null || ![...entries].some(({ receiver }) => receiver.parts > 0)) return;
    cancelSweep = clock.after(tornAfterSeconds / 2, sweep);
  };

  const deliver = (entry: Entry, { subject, data }: Msg): void => {
    const { message, refused } = entry.receiver.accept(subject, data, clock.now());
    for (const detail of refused) refuse(subject, detail);
    if (entry.receiver.parts > 0) scheduleSweep();
    if (message === null || entry.stream.push(message)) return;
    emit({
      type: 'dropped-message',
      subject,
      detail: 'nobody reads the subscription: its oldest message was dropped',
    });
  };

  const listen = (entry: Entry, connection: LiveConnection): void => {
    if (entry.connection === connection) return;
    entry.connection = connection;
    entry.subscription = connection.nats.subscribe(entry.pattern, {
      callback: (error, message) => {
        connection.heard();
        if (error !== null) {
          entry.denied = error;
          return;
        }
        try {
          deliver(entry, message);
        } catch (fault) {
          // Thrown on, it would end the client's reading for good, with no sign of it.
          refuse(message.subject, `a fault in reading it: ${String(fault)}`);
        }
      },
    });
  };

  const forget = (entry: Entry): void => {
    entries.delete(entry);
    if (entry.connection?.isLost === false) entry.subscription?.unsubscribe();
  };

  return {
    async subscribe(pattern) {
      const entry: Entry = {
        pattern,
        stream: createMessageStream(() => forget(entry)),
        receiver: createReceiver(options.receiver),
        connection: null,
        subscription: null,
        denied: null,
      };
      entries.add(entry);
      for (let known = false; !known; ) {
        const connection = await next();
        if (connection === null) throw closedError('nats');
        listen(entry, connection);
        known = await roundTrip(connection);
      }
      if (entry.denied !== null) {
        forget(entry);
        throw new StalewartError(
          'SERVICE',
          `nats-server does not allow to subscribe to ${pattern}: grant it there`,
          {
            value: pattern,
            cause: entry.denied,
          },
        );
      }
      return entry.stream;
    },

    attach(connection) {
      for (const entry of entries) listen(entry, connection);
    },

    end() {
      cancelSweep?.();
      for (const { stream } of entries) stream.end();
      entries.clear();
    },
  };
}
