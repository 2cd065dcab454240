/**
 * Safe connections: mutual TLS and nkeys. Invariant: with credentials there is no connection that is not encrypted, or whose
 * other end has not proved to be the host that was dialled; and what is refused says what was found, what was wanted, and
 * the mend, without a secret in it.
 */
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { type ConnectionOptions, NatsError, nkeyAuthenticator } from 'nats';
import { type Credentials, credentialFiles } from '../security/credentials.js';
import { inboxPrefixOf, roleName } from '../security/roles.js';
import type { NatsAddress } from './nats-address.js';
import type { Greeting } from './nats-greeting.js';

/** Somebody answers, but there is no safe connection, and there will be none by waiting. */
export class RefusedConnection extends Error {
  override readonly name = 'RefusedConnection';
}

/** @throws RefusedConnection before anything is said to the server */
export function refuseUnsafe(address: NatsAddress, greeting: Greeting, credentials?: Credentials): void {
  const offersTls = greeting.tls_required || greeting.tls_available;
  if (!offersTls && (address.tls || credentials !== undefined)) {
    const why = credentials === undefined ? 'the address says tls://' : 'credentials are used over TLS only';
    throw new RefusedConnection(
      `this nats-server offers no TLS, and ${why}: start it with the configuration that stalewart keys made, or ${
        credentials === undefined ? 'write nats://' : 'leave natsCredentials out'
      }`,
    );
  }
  if (credentials !== undefined || address.user !== undefined) return;
  if (greeting.tls_verify) {
    throw new RefusedConnection(
      'this nats-server wants TLS with a certificate of the client, and there is none: name the folder of this role with natsCredentials',
    );
  }
  if (greeting.auth_required) {
    throw new RefusedConnection(
      'this nats-server wants credentials, and there are none: name the folder of this role with natsCredentials, or write user:password@ or token@ before the host',
    );
  }
}

/** What the client needs for a safe connection; nothing where none was asked for. */
export function secureOptions(
  { hostname, tls }: NatsAddress,
  credentials: Credentials | undefined,
): Pick<ConnectionOptions, 'tls' | 'authenticator' | 'inboxPrefix'> {
  if (credentials === undefined) return tls ? { tls: {} } : {};
  const options = {
    ca: credentials.authority,
    cert: credentials.certificate,
    key: credentials.key(),
    minVersion: 'TLSv1.2' as const,
    // Of an address the client forgets what was dialled.
    checkServerIdentity: (_: string, certificate: PeerCertificate) =>
      checkServerIdentity(hostname, certificate),
  };
  return {
    tls: options,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(credentials.seed())),
    inboxPrefix: inboxPrefixOf(credentials.role),
  };
}

/** Why the two ends did not come to trust each other; null: the failure is another. */
export function badSecurity(
  thrown: unknown,
  address: NatsAddress,
  credentials: Credentials | undefined,
): string | null {
  const all = causesOf(thrown);
  const codes = all.map(({ code }) => (typeof code === 'string' ? code : ''));
  const has = (...wanted: string[]): boolean => codes.some((code) => wanted.includes(code));
  const says = (pattern: RegExp): boolean => all.some(({ message }) => pattern.test(message));
  const ours = credentials === undefined ? 'no credentials' : `the credentials in ${credentials.folder}`;
  if (has('ERR_TLS_CERT_ALTNAME_INVALID')) {
    const names = all.map(({ cert }) => cert?.subjectaltname).find((found) => found !== undefined);
    return `its certificate is for ${hostsOf(names)}, not for ${address.hostname}: use one of these names, or make keys with --hosts ${address.hostname}`;
  }
  if (has('CERT_HAS_EXPIRED')) {
    return `its certificate has expired (or this machine's clock is wrong): make a new set with stalewart keys`;
  }
  if (has('CERT_NOT_YET_VALID')) return `its certificate is not valid yet: set this machine's clock`;
  if (codes.some((code) => untrusted.has(code))) {
    return credentials === undefined
      ? 'its certificate was issued by an authority that this machine does not trust: name the folder of this role with natsCredentials'
      : `its certificate was issued by another authority than ${ours} trust: use those that were made together with its configuration`;
  }
  if (
    says(/alert.*(expired|unknown ca|bad certificate|certificate required|unknown certificate)/i) ||
    says(/certificate (required|expired)/i)
  ) {
    const file =
      credentials === undefined ? 'there is none' : `${credentials.folder}/${credentialFiles.certificate}`;
    return `it refuses the certificate of this client (${file}): use credentials that were made together with its configuration and have not expired`;
  }
  if (has('AUTHORIZATION_VIOLATION', 'BAD_AUTHENTICATION') && credentials !== undefined) {
    const { role } = credentials;
    return `it does not know ${ours} (${roleName(role)} of run ${role.run}): use those that were made together with its configuration, or restart it with the configuration of these`;
  }
  return null;
}

const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_PURPOSE',
]);

type Cause = Error & { readonly code?: unknown; readonly cert?: Partial<PeerCertificate> };

/** The error and those that it wraps, the outermost first. */
function causesOf(thrown: unknown): readonly Cause[] {
  const found: Cause[] = [];
  for (let error = thrown; error instanceof Error && found.length < 5; ) {
    found.push(error);
    error = error instanceof NatsError ? error.chainedError : error.cause;
  }
  return found;
}

/** `DNS:a, IP Address:b` as a certificate has it, as `a and b`. */
function hostsOf(subjectAltName: string | undefined): string {
  const hosts = (subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^[A-Za-z ]+:/, ''));
  return hosts.join(' and ') || 'no host';
}
