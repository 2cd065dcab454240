/**
 * One attempt to connect to one nats-server. The client's own reconnection is not used, for two faults of nats 2.29 that
 * a frozen server brings out: with unsent bytes it never lets go of the dead connection, and an attempt that timed out
 * comes back to life when the server thaws, after which messages arrive twice. So every attempt starts with a probe
 * that is ours to destroy, and ends with a connection that lives once.
 */
import { connect as openSocket } from 'node:net';
import { connect, type NatsConnection, NatsError } from 'nats';
import type { Clock } from '../clock/clock.js';
import type { NatsAddress } from './nats-address.js';

// The one place that imports the client: its successor has the same names in other packages.
export type { Msg, NatsConnection, NatsError, Subscription } from 'nats';

/** @throws Error whose message says in a few words why there is no connection */
export async function dialNats(
  address: NatsAddress,
  name: string,
  timeoutSeconds: number,
  clock: Clock,
): Promise<NatsConnection> {
  const began = clock.now();
  await probe(address, timeoutSeconds, clock);
  const leftSeconds = Math.max(0.1, timeoutSeconds - (clock.now() - began));
  const { hostname, port, tls, user, password } = address;
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  try {
    return await connect({
      servers: `${host}:${port}`,
      name,
      reconnect: false,
      // The system's resolver knows /etc/hosts and localhost, the client's own does not.
      resolve: false,
      ignoreClusterUpdates: true,
      timeout: leftSeconds * 1000,
      ...(tls ? { tls: {} } : {}),
      ...(user === undefined ? {} : password === undefined ? { token: user } : { user, pass: password }),
    });
  } catch (cause) {
    throw new Error(reasonOf(cause), { cause });
  }
}

/** Whether somebody listens there and greets as a nats-server does. */
function probe({ hostname, port }: NatsAddress, timeoutSeconds: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = openSocket({ host: hostname, port });
    const settle = (error: Error | null): void => {
      cancelTimer();
      socket.destroy();
      if (error === null) resolve();
      else reject(error);
    };
    const cancelTimer = clock.after(timeoutSeconds, () => {
      settle(new Error(`no answer within ${timeoutSeconds} s`));
    });
    socket.once('data', (data) => {
      const greets = data.toString('latin1').startsWith('INFO ');
      settle(greets ? null : new Error('what answers there is not a nats-server'));
    });
    socket.once('error', (error) => settle(new Error(reasonOf(error), { cause: error })));
    socket.once('close', () => settle(new Error('the connection was closed at once')));
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the host is not known',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'the connection was cut',
  CONNECTION_REFUSED: 'nothing listens there',
  TIMEOUT: 'no answer',
  AUTHORIZATION_VIOLATION: 'the credentials are refused',
  BAD_AUTHENTICATION: 'the credentials are refused',
  AUTHENTICATION_TIMEOUT: 'the credentials came too late',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = error instanceof NatsError || 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (error.message === '' ? code : error.message);
}
