/** Addresses of NATS servers as written: one, or several separated by commas. */
import { configError } from '../errors.js';
import { hiddenCredentials, parseNatsAddresses } from '../transport/nats-address.js';

export const natsUrlForm = 'nats://HOST:PORT or tls://HOST:PORT, several separated by commas';

/**
 * @returns one address per server, credentials included, each with a protocol (`nats://` where none was written)
 * @throws StalewartError CONFIG with field `nats`; it shows no credentials
 */
export function parseNatsServers(input: string | readonly string[]): readonly string[] {
  const texts = (typeof input === 'string' ? [input] : input).flatMap((text) => text.split(','));
  const addresses = texts.map((text) => text.trim());
  try {
    parseNatsAddresses(addresses);
  } catch {
    throw configError('nats', [input].flat().map(hiddenCredentials).join(','), natsUrlForm);
  }
  return addresses.map((address) => (address.includes('://') ? address : `nats://${address}`));
}
