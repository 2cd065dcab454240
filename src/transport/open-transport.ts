/** The transport that a run asks for: NATS where an address is given, else messages within this process. */
import { createLocalTransport } from './local-transport.js';
import { connectNatsTransport } from './nats-transport.js';
import type { NatsTransportOptions } from './nats-options.js';
import type { Transport } from './transport.js';

export interface OpenTransportOptions extends Omit<NatsTransportOptions, 'url'> {
  /** Address of a nats-server (`--nats`), see `NatsTransportOptions.url`. Default: none. */
  readonly nats?: NatsTransportOptions['url'] | undefined;
}

/** @throws StalewartError as `connectNatsTransport` */
export async function openTransport(options: OpenTransportOptions = {}): Promise<Transport> {
  const { nats, ...rest } = options;
  return nats === undefined ? createLocalTransport() : connectNatsTransport({ ...rest, url: nats });
}
