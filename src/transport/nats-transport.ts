/**
 * Messages over NATS: frames as `docs/wire-protocol.md` describes them, cut into chunks where they exceed what the server
 * takes. Invariant: messages leave one after the other in the order of `send`, with a bounded number of bytes in memory;
 * what cannot leave within `patienceSeconds` of a lost connection is dropped and named, never sent late.
 */
import { crc32 as nativeCrc32 } from 'node:zlib';
import type { Checksum } from '../../protocols/wire/crc32.js';
import { defaultFrameLimits } from '../../protocols/wire/frame.js';
import type { Clock } from '../clock/clock.js';
import { StalewartError } from '../errors.js';
import { sharedBytes } from '../memory/shared-memory.js';
import { parseNatsAddresses } from './nats-address.js';
import type { LiveConnection } from './nats-connection.js';
import { dialNats } from './nats-dial.js';
import { createNatsInbox } from './nats-inbox.js';
import { openNatsLink } from './nats-link.js';
import { type NatsTransportOptions, resolveNatsOptions } from './nats-options.js';
import { createNatsOutbox } from './nats-outbox.js';
import { RefusedConnection } from './nats-security.js';
import { checkOutgoing, checkPattern, closedError, wireError } from './outgoing.js';
import { createStatusSource } from './status-source.js';
import type { Transport } from './transport.js';

/** Longest wait for one server while a lost connection is dialled again. */
const redialSeconds = 5;
/** Longest wait, at `close`, for what is on its way. */
const farewellSeconds = 5;

/** zlib's takes no notice of `previous` when there are no bytes. */
const crc32: Checksum = (bytes, previous = 0) =>
  bytes.length === 0 ? previous : nativeCrc32(bytes, previous);

/**
 * Connects to a nats-server and stays connected, dialling again without end.
 * @throws StalewartError `CONFIG` for an address that cannot be read or an option out of range, `SERVICE` when no server
 * answers within `connectTimeoutSeconds`, or none accepts the credentials or is who it should be
 */
export async function connectNatsTransport(options: NatsTransportOptions): Promise<Transport> {
  const addresses = parseNatsAddresses(options.url);
  const settings = resolveNatsOptions(options);
  const { clock, maxTensorElements } = settings;
  const status = createStatusSource({ type: 'disconnected', detail: 'not connected yet' });
  let dialSeconds = settings.connectTimeoutSeconds / addresses.length;

  const inbox = createNatsInbox({
    clock,
    receiver: { limits: { ...defaultFrameLimits, maxTensorElements }, crc32, allocate: sharedBytes },
    tornAfterSeconds: settings.tornAfterSeconds,
    emit: status.emit,
    next: () => link.next(),
  });
  const link = await openNatsLink({
    dial: (address) => dialNats(address, settings.name, dialSeconds, clock, options.credentials),
    addresses,
    clock,
    pulseSeconds: settings.pulseSeconds,
    maxFlightBytes: settings.maxFlightBytes,
    emit: status.emit,
    onConnection: (connection) => inbox.attach(connection),
  }).catch((cause: unknown) => {
    throw unreachable(cause);
  });
  dialSeconds = redialSeconds;
  const outbox = createNatsOutbox({
    ...settings,
    link,
    crc32,
    onDropped: (subject, detail) => status.emit({ type: 'dropped-message', subject, detail }),
  });
  let closing: Promise<void> | null = null;

  const closeAll = async (): Promise<void> => {
    await outbox.finish();
    await link.close((connection) => farewell(connection, clock));
    inbox.end();
    status.emit({ type: 'closed', detail: 'closed on request' });
  };

  return {
    name: 'nats',
    status$: status.status$,

    async send(subject, message) {
      if (closing !== null) throw closedError('nats');
      const checked = checkOutgoing(subject, message);
      const elements = checked.tensor?.length ?? 0;
      if (elements > maxTensorElements) {
        throw wireError('tensor', elements, `${elements} elements, at most ${maxTensorElements} are allowed`);
      }
      await outbox.send(subject, checked);
    },

    async subscribe(subject) {
      if (closing !== null) throw closedError('nats');
      checkPattern(subject);
      const { messages$ } = await inbox.subscribe(subject);
      return messages$;
    },

    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

/** Lets what is under way in both directions arrive, as far as the server still answers. */
async function farewell({ nats, window, lost }: LiveConnection, clock: Clock): Promise<void> {
  let cancelTimer = (): void => undefined;
  const tooLong = new Promise<void>((resolve) => {
    cancelTimer = clock.after(farewellSeconds, resolve);
  });
  await Promise.race([window.landed().then(() => nats.drain()), lost, tooLong]);
  cancelTimer();
}

function unreachable(cause: unknown): StalewartError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof RefusedConnection) {
    return new StalewartError('SERVICE', `NATS refuses the connection: ${reason}`, { field: 'nats', cause });
  }
  return new StalewartError(
    'SERVICE',
    `NATS cannot be reached (${reason}): start a nats-server there (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server) or give the address of one that runs`,
    { field: 'nats', cause },
  );
}
