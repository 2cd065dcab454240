/** Addresses of NATS servers as written: one, or several separated by commas. */
import { configError } from '../errors.js';

export const natsUrlForm = 'nats://HOST:PORT or tls://HOST:PORT, several separated by commas';

const protocols = new Set(['nats:', 'tls:', 'ws:', 'wss:']);

/**
 * @returns one address per server, each with a protocol (`nats://` where none was written)
 * @throws StalewartError CONFIG with field `nats`
 */
export function parseNatsServers(input: string | readonly string[]): readonly string[] {
  const addresses = (typeof input === 'string' ? input.split(',') : input).map((address) => address.trim());
  return addresses.map((address) => {
    const full = address.includes('://') ? address : `nats://${address}`;
    const url = URL.canParse(full) ? new URL(full) : null;
    // WHATWG URLs of unknown protocols may have an empty host or a path; a NATS server's has neither.
    if (url === null || !protocols.has(url.protocol) || url.hostname === '')
      throw configError('nats', input, natsUrlForm);
    return full;
  });
}
