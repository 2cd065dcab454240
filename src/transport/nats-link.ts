/**
 * Keeps one connection to a nats-server alive: dials again without end when it is lost, tells the living from the frozen
 * by a pulse of its own. Invariant: at most one connection is current, and whoever waits on one that is lost is let go.
 */
import type { NatsConnection } from 'nats';
import type { CancelTimer, Clock } from '../clock/clock.js';
import { createFlightWindow, type FlightWindow } from './flight-window.js';
import type { NatsAddress } from './nats-address.js';
import type { TransportStatus } from './transport.js';

/** Pauses between attempts: doubled from the first to the last, and cut by up to a half at random. */
const firstPauseSeconds = 0.1;
const lastPauseSeconds = 1;
/** Pulses without a sign of life after which a connection counts as lost. */
const maxMissedPulses = 2;

export interface LiveConnection {
  readonly nats: NatsConnection;
  readonly window: FlightWindow;
  /** Resolves with the reason when it is lost or closed; never rejects. */
  readonly lost: Promise<string>;
  readonly isLost: boolean;
  /** A sign of life was received. */
  heard(): void;
}

export interface NatsLinkOptions {
  readonly dial: (address: NatsAddress) => Promise<NatsConnection>;
  readonly addresses: readonly [NatsAddress, ...NatsAddress[]];
  readonly clock: Clock;
  readonly pulseSeconds: number;
  readonly maxFlightBytes: number;
  readonly emit: (status: TransportStatus) => void;
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

  /** Tries every address once, the one of the last connection last; the connection, or the reasons of all failures. */
  const dialAny = async (): Promise<NatsConnection | string> => {
    const reasons: string[] = [];
    for (const address of [...addresses.slice(used + 1), ...addresses.slice(0, used + 1)]) {
      if (closed) break;
      try {
        const nats = await options.dial(address);
        used = addresses.indexOf(address);
        return nats;
      } catch (error) {
        reasons.push(`${address.shown}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return reasons.join('; ');
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

  const redial = async (): Promise<NatsConnection | null> => {
    let told = '';
    for (let attempt = 0; !closed; attempt++) {
      const result = await dialAny();
      if (typeof result !== 'string') {
        if (!closed) return result;
        await result.close();
        return null;
      }
      if (result !== told && !closed) emit({ type: 'warning', detail: `no connection yet: ${result}` });
      told = result;
      if (!closed) await pause(attempt);
    }
    return null;
  };

  const adopt = (nats: NatsConnection): void => {
    const connection = makeLive(nats, options);
    current = connection;
    lostAt = null;
    options.onConnection(connection);
    emit({
      type: 'connected',
      detail: `${nats.getServer()}, nats-server ${nats.info?.version ?? ''}`.trim(),
    });
    release(connection);
    void connection.lost.then(replace);
  };

  const replace = async (reason: string): Promise<void> => {
    current = null;
    lostAt = clock.now();
    if (closed) return;
    emit({ type: 'disconnected', detail: reason });
    const nats = await redial();
    if (nats !== null) adopt(nats);
  };

  const first = await dialAny();
  if (typeof first === 'string') throw new Error(first);
  adopt(first);

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
      if (current !== null) {
        await farewell(current);
        await current.nats.close();
      }
      release(null);
    },
  };
}

function makeLive(nats: NatsConnection, options: NatsLinkOptions): LiveConnection {
  const { clock, pulseSeconds, maxFlightBytes, emit } = options;
  let isLost = false;
  let missed = 0;
  let alive = true;
  let cancelPulse: CancelTimer = () => undefined;
  let reason = 'the connection was cut';

  const heard = (): void => {
    alive = true;
  };
  const roundTrip = async (): Promise<void> => {
    await nats.flush();
    heard();
  };
  const window = createFlightWindow(maxFlightBytes, roundTrip);

  const pulse = (): void => {
    missed = alive ? 0 : missed + 1;
    alive = false;
    if (missed > maxMissedPulses) {
      reason = `no sign of life for ${missed * pulseSeconds} s`;
      void nats.close();
      return;
    }
    roundTrip().catch(() => undefined);
    cancelPulse = clock.after(pulseSeconds, pulse);
  };
  cancelPulse = clock.after(pulseSeconds, pulse);

  const lost = nats.closed().then((error) => {
    isLost = true;
    cancelPulse();
    window.abandon();
    return error instanceof Error ? error.message : reason;
  });
  void reportProblems(nats, emit);
  return {
    nats,
    window,
    lost,
    heard,
    get isLost() {
      return isLost;
    },
  };
}

/** What the server says besides messages: permissions, slow consumers, that it is about to shut down. */
async function reportProblems(nats: NatsConnection, emit: (status: TransportStatus) => void): Promise<void> {
  for await (const { type, data, permissionContext } of nats.status()) {
    if (type === 'error') {
      const about = permissionContext
        ? `: ${permissionContext.operation} of ${permissionContext.subject}`
        : '';
      emit({ type: 'warning', detail: `nats-server reports ${JSON.stringify(data)}${about}` });
    }
    if (type === 'ldm') emit({ type: 'warning', detail: 'nats-server is about to shut down' });
  }
}
