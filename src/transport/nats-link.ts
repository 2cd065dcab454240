/**
 * Always one connection to a nats-server: dials again without end when it is lost. Invariant: at most one connection is
 * current, and it is so only once every subscription is in force at the server.
 */
import { type LiveConnection, type LiveOptions, makeLive, roundTrip } from './nats-connection.js';
import type { NatsAddress } from './nats-address.js';
import type { NatsConnection } from './nats-dial.js';
import { RefusedConnection } from './nats-security.js';

/** Pauses between attempts: doubled from the first to the last, and cut by up to a half at random. */
const firstPauseSeconds = 0.1;
const lastPauseSeconds = 1;

export interface NatsLinkOptions extends LiveOptions {
  readonly dial: (address: NatsAddress) => Promise<NatsConnection>;
  readonly addresses: readonly [NatsAddress, ...NatsAddress[]];
  /** Called with every new connection before anybody else gets it. */
  readonly onConnection: (connection: LiveConnection) => void;
}

export interface NatsLink {
  readonly current: LiveConnection | null;
  /** Seconds on the clock when the last connection was lost; null while there is one. */
  readonly lostAt: number | null;
  /** The next connection (or the present one); null once the link is closed. */
  next(): Promise<LiveConnection | null>;
  /** Ends the link; `farewell` is given the present connection to finish what it likes. */
  close(farewell: (connection: LiveConnection) => Promise<void>): Promise<void>;
}

/** Connects once to the first address that answers; rejects with the reasons of all when none does. */
export async function openNatsLink(options: NatsLinkOptions): Promise<NatsLink> {
  const { addresses, clock, emit } = options;
  /** The newest connection, `current` once it is in use. */
  let live: LiveConnection | null = null;
  let current: LiveConnection | null = null;
  let lostAt: number | null = null;
  let closed = false;
  let used = addresses.length - 1;
  let waiting: ((connection: LiveConnection | null) => void)[] = [];
  let interruptPause: () => void = () => undefined;

  const release = (connection: LiveConnection | null): void => {
    const released = waiting;
    waiting = [];
    for (const resolve of released) resolve(connection);
  };

  /** Tries every address once, the one of the last connection last; the connection, or why there is none. */
  const dialAny = async (): Promise<NatsConnection | Error> => {
    const reasons: string[] = [];
    const refusals: string[] = [];
    for (const address of [...addresses.slice(used + 1), ...addresses.slice(0, used + 1)]) {
      if (closed) break;
      try {
        const nats = await options.dial(address);
        used = addresses.indexOf(address);
        return nats;
      } catch (error) {
        const reason = `${address.shown}: ${error instanceof Error ? error.message : String(error)}`;
        (error instanceof RefusedConnection ? refusals : reasons).push(reason);
      }
    }
    // Whoever refuses us is there; those that are not may have no part in what is wrong.
    return refusals.length > 0 ? new RefusedConnection(refusals.join('; ')) : new Error(reasons.join('; '));
  };

  const pause = (attempt: number): Promise<void> =>
    new Promise((resolve) => {
      const longest = Math.min(lastPauseSeconds, firstPauseSeconds * 2 ** attempt);
      const cancel = clock.after(longest * (0.5 + Math.random() / 2), resolve);
      interruptPause = () => {
        cancel();
        resolve();
      };
    });

  /** True once the connection is in use: its subscriptions are in force at the server. */
  const adopt = async (connection: LiveConnection): Promise<boolean> => {
    if (closed) return false;
    live = connection;
    options.onConnection(connection);
    if (!(await roundTrip(connection)) || closed) return false;
    current = connection;
    lostAt = null;
    const { nats } = connection;
    emit({
      type: 'connected',
      detail: `${nats.getServer()}, nats-server ${nats.info?.version ?? ''}`.trim(),
    });
    release(connection);
    return true;
  };

  const dialAgain = async (): Promise<LiveConnection | null> => {
    let told = '';
    for (let attempt = 0; !closed; attempt++) {
      const result = await dialAny();
      if (!(result instanceof Error)) {
        const connection = makeLive(result, options);
        if (await adopt(connection)) return connection;
        await result.close();
      } else if (result.message !== told && !closed) {
        emit({ type: 'warning', detail: `no connection yet: ${result.message}` });
        told = result.message;
      }
      if (!closed) await pause(attempt);
    }
    return null;
  };

  const keep = async (first: LiveConnection): Promise<void> => {
    for (let connection: LiveConnection | null = first; connection !== null; connection = await dialAgain()) {
      const reason = await connection.lost;
      current = null;
      lostAt = clock.now();
      if (!closed) emit({ type: 'disconnected', detail: reason });
    }
  };

  const first = await dialAny();
  if (first instanceof Error) throw first;
  const firstLive = makeLive(first, options);
  if (!(await adopt(firstLive))) throw new Error(await firstLive.lost);
  void keep(firstLive);

  return {
    get current() {
      return current?.isLost === true ? null : current;
    },
    get lostAt() {
      return lostAt;
    },
    next() {
      if (closed) return Promise.resolve(null);
      if (current !== null && !current.isLost) return Promise.resolve(current);
      return new Promise((resolve) => waiting.push(resolve));
    },
    async close(farewell) {
      closed = true;
      interruptPause();
      if (current !== null) await farewell(current);
      if (live !== null) {
        await live.nats.close();
        await live.lost;
      }
      release(null);
    },
  };
}
