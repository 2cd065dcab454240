/**
 * Where nats-servers are, as a user writes it: `nats://host:4222`, `tls://host`, `host:4222`, with user and password or a
 * token before an `@`, several as a list or with commas. Invariant: no password is ever part of a text to be shown.
 */
import { configError, type StalewartError } from '../errors.js';

const defaultPort = 4222;
const allowed = 'nats://host:port or tls://host:port (several with commas)';

export interface NatsAddress {
  readonly hostname: string;
  readonly port: number;
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `nats://host:port`, without credentials. */
  readonly shown: string;
}

/** A text that should be an address, or several, fit to be shown: what may be a user, password or token is `…`. */
export function hiddenCredentials(text: string): string {
  // Up to the last @: a password may hold any character, also such as belong to no address.
  return text.replace(/^(\s*[a-z]+:\/\/)?.*@/is, '$1…@');
}

/**
 * The addresses in a setting, in its order, at least one.
 * @throws StalewartError `CONFIG` naming the one that cannot be read
 */
export function parseNatsAddresses(
  url: string | readonly string[],
): readonly [NatsAddress, ...NatsAddress[]] {
  const parts = (typeof url === 'string' ? [url] : url)
    .flatMap((text) => text.split(','))
    .map((text) => text.trim());
  const [first, ...rest] = parts.map(parseOne);
  if (first === undefined) throw configError('nats', url, allowed);
  return [first, ...rest];
}

function parseOne(text: string): NatsAddress {
  const [, scheme = 'nats', rest = ''] = /^(?:(nats|tls):\/\/)?(.+?)\/?$/.exec(text) ?? [];
  // The URL standard reads host and port only for schemes that it knows; and it hides the port that is its default.
  const asHttp = `http://${rest}`;
  if (/[\s/]/.test(rest) || !URL.canParse(asHttp)) throw badAddress(text);
  const url = new URL(asHttp);
  const written = /:(\d+)$/.exec(rest);
  const port = written === null ? defaultPort : Number(written[1]);
  if (url.search + url.hash !== '' || port < 1 || port > 65_535) throw badAddress(text);
  return {
    hostname: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port,
    tls: scheme === 'tls',
    user: decoded(url.username, text),
    password: decoded(url.password, text),
    shown: `${scheme}://${url.hostname}:${port}`,
  };
}

function decoded(part: string, text: string): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part);
  } catch {
    throw badAddress(text);
  }
}

function badAddress(text: string): StalewartError {
  return configError('nats', hiddenCredentials(text), allowed);
}
