/**
 * A connection to JetStream that is dialled again without end, beside that of the run's messages: a lease must not wait behind
 * models. Invariant: a request is made once; when it fails, whether it was carried out is not known, and whoever made it looks.
 */
import {
  type JetStreamClient,
  type JetStreamManager,
  type StreamConfig,
  RetentionPolicy,
  StorageType,
} from 'nats';
import type { Clock } from '../../clock/clock.js';
import { StalewartError } from '../../errors.js';
import { parseNatsAddresses } from '../../transport/nats-address.js';
import type { LiveConnection } from '../../transport/nats-connection.js';
import { dialNats } from '../../transport/nats-dial.js';
import { openNatsLink } from '../../transport/nats-link.js';
import {
  isWithoutJetStream,
  jetStreamErrorCode,
  jetStreamErrors,
  jetStreamReason,
} from './jetstream-errors.js';

export interface JetStreamLinkOptions {
  /** As for the transport, see `NatsTransportOptions.url`. */
  readonly nats: string | readonly string[];
  /** Name of the connection, for the server's monitoring. */
  readonly name: string;
  readonly clock: Clock;
  /** Longest wait for an answer. */
  readonly requestSeconds: number;
  /** Longest wait for the first connection, and for a cluster that is not complete yet. Default 10. */
  readonly patienceSeconds?: number;
}

/** JetStream over the connection of the moment. */
export interface JetStream {
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  /** The last message of a subject, from whichever copy answers (it may lag); null: there is none. */
  direct(stream: string, subject: string): Promise<Uint8Array | null>;
  /** Longest message that the server takes, bytes. */
  readonly maxPayload: number;
}

export interface JetStreamLink {
  /** Where it is, for messages to the user; without credentials. */
  readonly place: string;
  /** @throws Error when there is no connection within `requestSeconds` */
  jetStream(): Promise<JetStream>;
  /**
   * Makes the stream where it is not there yet, on files, with three copies in a cluster and one on a single server.
   * @returns whether it was there
   * @throws StalewartError SERVICE when it cannot be made within `patienceSeconds`
   */
  ensureStream(config: Partial<StreamConfig> & { readonly name: string }): Promise<boolean>;
  close(): Promise<void>;
}

/** Copies in a cluster: the fewest of which one may be lost. */
const copies = 3;

/** @throws StalewartError CONFIG for an address that cannot be read, SERVICE when nobody answers or there is no JetStream */
export async function openJetStreamLink(options: JetStreamLinkOptions): Promise<JetStreamLink> {
  const { nats, name, clock, requestSeconds, patienceSeconds = 10 } = options;
  const addresses = parseNatsAddresses(nats);
  const place = addresses.map(({ shown }) => shown).join(', ');
  const clients = new WeakMap<LiveConnection, Promise<JetStream>>();
  const deadline = clock.now() + patienceSeconds;
  let dialSeconds = patienceSeconds / addresses.length;

  const link = await openNatsLink({
    dial: (address) => dialNats(address, name, dialSeconds, clock),
    addresses,
    clock,
    pulseSeconds: Math.max(leastPulse, requestSeconds / 2),
    maxFlightBytes: 2 ** 20,
    emit: () => undefined,
    onConnection: () => undefined,
  }).catch((cause: unknown) => {
    const message = `NATS cannot be reached (${jetStreamReason(cause)}): start a nats-server with JetStream there`;
    throw new StalewartError('SERVICE', message, { field: 'nats', cause });
  });
  dialSeconds = Math.max(leastDial, requestSeconds);

  const clientsOf = (connection: LiveConnection): Promise<JetStream> => {
    let made = clients.get(connection);
    if (made === undefined) {
      made = makeClients(connection, requestSeconds);
      clients.set(connection, made);
    }
    return made;
  };

  const wait = (seconds: number): Promise<null> =>
    new Promise((resolve) => {
      clock.after(seconds, () => resolve(null));
    });

  const jetStream = async (): Promise<JetStream> => {
    const present = link.current;
    if (present !== null) return clientsOf(present);
    const connection = await Promise.race([link.next(), wait(requestSeconds)]);
    if (connection === null) throw new Error(`no connection to ${place}`);
    return clientsOf(connection);
  };

  /** Repeats what fails for a reason that may pass, as while a cluster elects its leaders. */
  const patiently = async <Value>(what: string, attempt: () => Promise<Value>): Promise<Value> => {
    for (;;) {
      try {
        return await attempt();
      } catch (cause) {
        if (isWithoutJetStream(cause)) throw withoutJetStream(place, cause);
        if (clock.now() >= deadline) throw unavailable(place, what, cause);
        await wait(retrySeconds);
      }
    }
  };

  const close = (): Promise<void> =>
    link.close(async ({ nats: connection, lost }) => {
      await Promise.race([connection.flush().catch(() => undefined), lost]);
    });

  const self: JetStreamLink = {
    place,
    jetStream,
    async ensureStream(config) {
      return patiently(`stream ${config.name}`, async () => {
        const { manager } = await jetStream();
        try {
          await manager.streams.info(config.name);
          return true;
        } catch (error) {
          if (jetStreamErrorCode(error) !== jetStreamErrors.streamNotFound) throw error;
        }
        const whole = { retention: RetentionPolicy.Limits, storage: StorageType.File, ...config };
        try {
          await manager.streams.add({ ...whole, num_replicas: copies });
        } catch (error) {
          if (jetStreamErrorCode(error) !== jetStreamErrors.notClustered) throw error;
          await manager.streams.add({ ...whole, num_replicas: 1 });
        }
        return false;
      });
    },
    close,
  };
  try {
    await patiently('JetStream', async () => (await jetStream()).manager.getAccountInfo());
  } catch (error) {
    await close();
    throw error;
  }
  return self;
}

const notFound = 404;
const leastPulse = 0.05;
const leastDial = 0.25;
const retrySeconds = 0.25;

async function makeClients({ nats }: LiveConnection, requestSeconds: number): Promise<JetStream> {
  const timeout = requestSeconds * 1000;
  return {
    client: nats.jetstream({ timeout }),
    manager: await nats.jetstreamManager({ timeout, checkAPI: false }),
    async direct(stream, subject) {
      const { data, headers } = await nats.request(`$JS.API.DIRECT.GET.${stream}.${subject}`, undefined, {
        timeout,
      });
      if (headers === undefined || headers.code === 0) return data;
      if (headers.code === notFound) return null;
      throw new Error(headers.description);
    },
    maxPayload: nats.info?.max_payload ?? 2 ** 20,
  };
}

function withoutJetStream(place: string, cause: unknown): StalewartError {
  return new StalewartError(
    'SERVICE',
    `NATS at ${place} has no JetStream, which standby servers and checkpoints in NATS need: start nats-server with -js (or jetstream {} in its configuration and for the account)`,
    { field: 'nats', cause },
  );
}

function unavailable(place: string, what: string, cause: unknown): StalewartError {
  const code = jetStreamErrorCode(cause);
  const mend =
    code === jetStreamErrors.noSuitablePeers
      ? `a cluster needs ${copies} nodes with JetStream and room on disk: start all of them`
      : 'see that a majority of its nodes is running';
  return new StalewartError('SERVICE', `NATS at ${place}: ${what}: ${jetStreamReason(cause)}; ${mend}`, {
    field: 'nats',
    cause,
  });
}
