/**
 * Makes the credentials of a run, a folder for each role, and the folder of its nats-servers. Invariant: all of it is there
 * or none (it is made in a folder beside the target, then renamed); every file is for its owner only; nothing is ever
 * overwritten.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createUser } from 'nkeys.js';
import { oneLineOf, StalewartError } from '../errors.js';
import { type CertificateAuthority, createAuthority } from './certificate-authority.js';
import { credentialFiles, credentialsFormat } from './credentials.js';
import { natsConfiguration, natsFiles, type NatsUser } from './nats-configuration.js';
import { type Role, roleName } from './roles.js';

export interface KeysOptions {
  readonly run: string;
  /** Folder to be made; it must not exist, or be empty. */
  readonly out: string;
  /** Names of the worker processes. */
  readonly workers: readonly string[];
  /** Names and addresses under which the nats-servers are reached. */
  readonly hosts: readonly string[];
  /** True: a nats-server on each of the hosts, as one cluster. */
  readonly cluster: boolean;
  /** How long the certificates hold. */
  readonly days: number;
  readonly now?: Date;
}

export interface WrittenKeys {
  /** Folders of nats-servers, below `out`. */
  readonly nats: readonly string[];
  /** Folders of roles, below `out`. */
  readonly roles: readonly string[];
  readonly validTo: Date;
}

type Files = Readonly<Record<string, string>>;

/** @throws StalewartError OUTPUT when the folder holds something or cannot be written */
export async function writeKeys(options: KeysOptions): Promise<WrittenKeys> {
  const { run, out, workers, hosts, days, now = new Date() } = options;
  await refuseUsed(out);
  const authority = await createAuthority({ commonName: `stalewart ${run}`, validFrom: now, days });
  const users: NatsUser[] = [];
  const folders = new Map<string, Files>();
  for (const [folder, role] of rolesOf(run, workers)) {
    const user = createUser();
    users.push({ role, publicKey: user.getPublicKey() });
    folders.set(folder, await roleFiles(authority, role, new TextDecoder().decode(user.getSeed())));
    user.clear();
  }
  const roles = [...folders.keys()];
  const nodes = options.cluster ? hosts : [null];
  for (const host of nodes) {
    const node = host === null ? null : { host, hosts };
    const certificate = await authority.issueServer(host ?? 'nats', host === null ? hosts : [host]);
    folders.set(host === null ? 'nats' : join('nats', host), {
      [natsFiles.configuration]: natsConfiguration(run, users, node),
      [natsFiles.authority]: authority.certificate,
      [natsFiles.certificate]: certificate.certificate,
      [natsFiles.key]: certificate.key,
    });
  }
  await writeAll(out, folders);
  const nats = [...folders.keys()].filter((folder) => !roles.includes(folder));
  return { nats, roles, validTo: new Date(now.getTime() + days * 86_400_000) };
}

function rolesOf(run: string, workers: readonly string[]): readonly (readonly [string, Role])[] {
  return [
    ['server', { role: 'server', run }],
    ['observer', { role: 'observer', run }],
    ...workers.map((process) => [join('workers', process), { role: 'worker', run, process }] as const),
  ];
}

async function roleFiles(authority: CertificateAuthority, role: Role, seed: string): Promise<Files> {
  const { certificate, key } = await authority.issueClient(roleName(role));
  return {
    [credentialFiles.role]: `${JSON.stringify({ format: credentialsFormat, holder: role }, null, 2)}\n`,
    [credentialFiles.seed]: `${seed}\n`,
    [credentialFiles.authority]: authority.certificate,
    [credentialFiles.certificate]: certificate,
    [credentialFiles.key]: key,
  };
}

async function refuseUsed(out: string): Promise<void> {
  if (!existsSync(out)) return;
  const held = await readdir(out).catch(() => null);
  if (held?.length === 0) return;
  const found = held === null ? 'it is not a folder that can be read' : 'it holds files already';
  throw new StalewartError(
    'OUTPUT',
    `--out is ${JSON.stringify(out)}: ${found}, and keys are never overwritten; name a new folder`,
    { field: '--out', value: out },
  );
}

async function writeAll(out: string, folders: ReadonlyMap<string, Files>): Promise<void> {
  const beside = `${out.replace(/[/\\]+$/, '')}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await mkdir(dirname(out), { recursive: true });
    await mkdir(beside, { mode: 0o700 });
    for (const [folder, files] of folders) {
      await mkdir(join(beside, folder), { recursive: true, mode: 0o700 });
      for (const [name, content] of Object.entries(files)) {
        await writeFile(join(beside, folder, name), content, { mode: 0o600, flag: 'wx' });
      }
    }
    await rename(beside, out);
  } catch (cause) {
    await rm(beside, { recursive: true, force: true });
    throw new StalewartError(
      'OUTPUT',
      `--out is ${JSON.stringify(out)}: it cannot be written (${oneLineOf(cause)}); choose a folder that you may write to`,
      { field: '--out', value: out, cause },
    );
  }
}
