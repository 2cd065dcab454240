/**
 * One attempt to connect to one nats-server. The client's own reconnection is not used, for two faults of nats 2.29 that
 * a frozen server brings out: with unsent bytes it never lets go of the dead connection, and an attempt that timed out
 * comes back to life when the server thaws, after which messages arrive twice. So every attempt starts with a probe
 * that is ours to destroy, and ends with a connection that lives once.
 */
import { connect as openSocket } from 'node:net';
import { connect, type NatsConnection, NatsError } from 'nats';
import type { Clock } from '../clock/clock.js';
import type { Credentials } from '../security/credentials.js';
import type { NatsAddress } from './nats-address.js';
import { type Greeting, readGreeting } from './nats-greeting.js';
import { badSecurity, refuseUnsafe, RefusedConnection, secureOptions } from './nats-security.js';

// The one place that imports the client: its successor has the same names in other packages.
export type { Msg, NatsConnection, NatsError, Subscription } from 'nats';

/**
 * @param credentials over TLS only
 * @throws Error whose message says in a few words why there is no connection; a `RefusedConnection` where somebody
 * answers, but not as a safe connection needs it
 */
export async function dialNats(
  address: NatsAddress,
  name: string,
  timeoutSeconds: number,
  clock: Clock,
  credentials?: Credentials,
): Promise<NatsConnection> {
  const began = clock.now();
  const greeting = await probe(address, timeoutSeconds, clock);
  refuseUnsafe(address, greeting, credentials);
  const leftSeconds = Math.max(0.1, timeoutSeconds - (clock.now() - began));
  const { hostname, port, user, password } = address;
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
      ...secureOptions(address, credentials),
      ...(user === undefined ? {} : password === undefined ? { token: user } : { user, pass: password }),
    });
  } catch (cause) {
    const refusal = badSecurity(cause, address, credentials);
    if (refusal !== null) throw new RefusedConnection(refusal, { cause });
    throw new Error(reasonOf(cause), { cause });
  }
}

/** What the nats-server there says of itself. */
function probe({ hostname, port }: NatsAddress, timeoutSeconds: number, clock: Clock): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    const socket = openSocket({ host: hostname, port });
    let said = '';
    const settle = (result: Greeting | Error): void => {
      cancelTimer();
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const cancelTimer = clock.after(timeoutSeconds, () => {
      settle(new Error(`no answer within ${timeoutSeconds} s`));
    });
    socket.on('data', (data) => {
      said += data.toString('latin1');
      const greeting = readGreeting(said);
      if (greeting === 'unfinished') return;
      settle(greeting ?? new Error('what answers there is not a nats-server'));
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
  EPIPE: 'the connection was cut',
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
