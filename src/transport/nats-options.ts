/** The settings of the NATS transport, their defaults and their bounds. */
import { type Clock, systemClock } from '../clock/clock.js';
import { configError } from '../errors.js';
import type { Credentials } from '../security/credentials.js';

export interface NatsTransportOptions {
  /** `nats://host:port` or `tls://host:port`, with `user:password@` or `token@` if need be; several as a list or with
   *  commas: the first that answers is used, the others when it is lost. */
  readonly url: string | readonly string[];
  /** Who we are, over TLS only (`readCredentials`). Default: user and password or token of the address, if any. */
  readonly credentials?: Credentials;
  /** Name of the connection, shown by the server's monitoring. Default `stalewart`. */
  readonly name?: string;
  /** Longest wait for the first connection, seconds. Default 10. */
  readonly connectTimeoutSeconds?: number;
  /** Time between pulses, seconds; after three without a sign of life the connection counts as lost. Default 2. */
  readonly pulseSeconds?: number;
  /** How long `send` waits for a lost connection to return, counted from its loss, seconds. Default 2. */
  readonly patienceSeconds?: number;
  /** After how long a frame of which chunks are missing is given up, seconds. Default 30. */
  readonly tornAfterSeconds?: number;
  /** Longest message given to the server, bytes; its own `max_payload` holds as well. Default 32 KiB, at least 1 KiB. */
  readonly maxChunkBytes?: number;
  /** Most elements of a tensor, sent or received. Default 2^26 (256 MiB). */
  readonly maxTensorElements?: number;
  /** Most bytes on their way to the server, and held while there is no connection. Default 8 MiB. */
  readonly maxFlightBytes?: number;
  readonly clock?: Clock;
}

type Limits = Required<Omit<NatsTransportOptions, 'url' | 'credentials' | 'name' | 'clock'>>;

const defaults: Limits = {
  connectTimeoutSeconds: 10,
  pulseSeconds: 2,
  patienceSeconds: 2,
  tornAfterSeconds: 30,
  maxChunkBytes: 32 * 2 ** 10,
  maxTensorElements: 2 ** 26,
  maxFlightBytes: 8 * 2 ** 20,
};

/** Least and greatest value of each, and whether it must be whole. */
const bounds: Readonly<Record<keyof Limits, readonly [number, number, 'integer' | 'number']>> = {
  connectTimeoutSeconds: [0.1, 3600, 'number'],
  pulseSeconds: [0.05, 3600, 'number'],
  patienceSeconds: [0, 3600, 'number'],
  tornAfterSeconds: [0.1, 3600, 'number'],
  maxChunkBytes: [1024, 64 * 2 ** 20, 'integer'],
  maxTensorElements: [0, 2 ** 29, 'integer'],
  maxFlightBytes: [1024, 2 ** 30, 'integer'],
};

export type NatsSettings = Limits & { readonly name: string; readonly clock: Clock };

/** @throws StalewartError `CONFIG` naming the option that is out of range */
export function resolveNatsOptions(options: NatsTransportOptions): NatsSettings {
  const limits = { ...defaults };
  for (const field of Object.keys(bounds) as (keyof Limits)[]) {
    const value = options[field] ?? defaults[field];
    const [least, greatest, kind] = bounds[field];
    if (!(value >= least && value <= greatest) || (kind === 'integer' && !Number.isInteger(value))) {
      throw configError(
        field,
        value,
        `${kind === 'integer' ? 'an integer' : 'a number'} from ${least} to ${greatest}`,
      );
    }
    limits[field] = value;
  }
  return { ...limits, name: options.name ?? 'stalewart', clock: options.clock ?? systemClock() };
}
