/** A configuration as it may be shown and kept: no user, password or token of a NATS server is in it. */
import { parseNatsAddresses } from '../transport/nats-address.js';
import type { TrainConfig } from './resolve.js';

export function withoutCredentials(config: TrainConfig): TrainConfig {
  if (config.nats === null) return config;
  return { ...config, nats: parseNatsAddresses(config.nats).map(({ shown }) => shown) };
}
