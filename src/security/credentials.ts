/**
 * The credentials of one role, as a folder that is copied to the machine of its holder: who it is, its nkey, its certificate,
 * and the authority that it trusts. Invariant: seed and key are in no error and in no property that is shown or
 * serialised; what is wrong with a folder is said before anything is dialled.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StalewartError } from '../errors.js';
import { type Role, roleSchema } from './roles.js';

export const credentialFiles = {
  role: 'role.json',
  seed: 'user.nk',
  authority: 'ca.pem',
  certificate: 'client.pem',
  key: 'client-key.pem',
} as const;

export const credentialsFormat = 1;

const roleFileSchema = z.object({ format: z.literal(credentialsFormat), holder: roleSchema });

export interface Credentials {
  /** The folder that they were read from. */
  readonly folder: string;
  readonly role: Role;
  /** PEM: issued the certificates of the nats-servers. */
  readonly authority: string;
  /** PEM. */
  readonly certificate: string;
  /** Till when the certificate holds. */
  readonly validTo: Date;
  /** PEM; secret. */
  readonly key: () => string;
  /** Of the nkey; secret. */
  readonly seed: () => string;
}

const mend = 'make a new set with stalewart keys and copy the folder of this role';

/**
 * @param now the time of day
 * @throws StalewartError CONFIG naming the file that is missing, open to others, malformed, expired or not yet valid
 */
export function readCredentials(folder: string, now: Date = new Date()): Credentials {
  const role = readRole(folder);
  const seed = secretText(folder, credentialFiles.seed).trim();
  if (!/^SU[A-Z2-7]{56}$/.test(seed))
    throw broken(folder, credentialFiles.seed, 'it holds no seed of a user nkey');
  const key = secretText(folder, credentialFiles.key);
  if (!key.includes('PRIVATE KEY-----'))
    throw broken(folder, credentialFiles.key, 'it holds no private key in PEM');
  const authority = text(folder, credentialFiles.authority);
  readCertificate(folder, credentialFiles.authority, authority);
  const certificate = text(folder, credentialFiles.certificate);
  const { validFrom, validTo } = readCertificate(folder, credentialFiles.certificate, certificate);
  if (now > new Date(validTo)) {
    throw broken(
      folder,
      credentialFiles.certificate,
      `it expired on ${day(validTo)}, and today is ${day(now)}`,
    );
  }
  if (now < new Date(validFrom)) {
    const reason = `it is valid from ${day(validFrom)}, and this machine's clock says ${day(now)}`;
    throw broken(folder, credentialFiles.certificate, reason, `set the clock, or ${mend}`);
  }
  return {
    folder,
    role,
    authority,
    certificate,
    validTo: new Date(validTo),
    key: () => key,
    seed: () => seed,
  };
}

function readRole(folder: string): Role {
  const source = text(folder, credentialFiles.role);
  let parsed: unknown;
  try {
    parsed = JSON.parse(source);
  } catch {
    throw broken(folder, credentialFiles.role, 'it is not JSON');
  }
  const result = roleFileSchema.safeParse(parsed);
  if (result.success) return result.data.holder;
  const issue = result.error.issues[0];
  throw broken(
    folder,
    credentialFiles.role,
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
  );
}

function readCertificate(folder: string, name: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw broken(folder, name, 'it holds no certificate in PEM');
  }
}

function text(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const found = code === 'ENOENT' ? 'it is not there' : `it cannot be read (${code})`;
    throw broken(
      folder,
      name,
      found,
      'name the folder of one role as stalewart keys made it (server, observer, workers/NAME)',
      cause,
    );
  }
}

/** A file that is for its owner only, or for its group where an administrator says so. */
function secretText(folder: string, name: string): string {
  const content = text(folder, name);
  // Windows has no such modes.
  const others = process.platform === 'win32' ? 0 : statSync(join(folder, name)).mode & 0o007;
  if (others !== 0) {
    throw broken(folder, name, 'every user of this machine may use it', `chmod 600 ${join(folder, name)}`);
  }
  return content;
}

function broken(folder: string, name: string, found: string, what = mend, cause?: unknown): StalewartError {
  return new StalewartError('CONFIG', `natsCredentials: ${join(folder, name)}: ${found}; ${what}`, {
    field: 'natsCredentials',
    value: folder,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** In UTC, to the minute. */
function day(time: Date | string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
