/** Credentials of a run in a temporary folder, and a nats-server with the configuration that was made with them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from 'nats';
import { type Credentials, readCredentials } from '../../../src/security/credentials.js';
import { type KeysOptions, writeKeys } from '../../../src/security/write-keys.js';
import { parseNatsAddresses } from '../../../src/transport/nats-address.js';
import { secureOptions } from '../../../src/transport/nats-security.js';
import { type NatsServer, startNatsServer } from '../../support/nats-server.js';

export interface KeySet {
  /** What `stalewart keys` made. */
  readonly folder: string;
  readonly of: (role: string, now?: Date) => Credentials;
  remove(): Promise<void>;
}

export async function makeKeys(options: Partial<KeysOptions> = {}): Promise<KeySet> {
  const parent = await mkdtemp(join(tmpdir(), 'stalewart-keys-'));
  const folder = join(parent, 'keys');
  await writeKeys({
    run: 'run-1',
    out: folder,
    workers: ['w1', 'w2'],
    hosts: ['127.0.0.1', 'localhost'],
    cluster: false,
    days: 2,
    ...options,
  });
  return {
    folder,
    of: (role, now) => readCredentials(join(folder, role), now),
    remove: () => rm(parent, { recursive: true }),
  };
}

export interface SecuredRun extends KeySet {
  readonly nats: NatsServer;
  /** `tls://127.0.0.1:PORT` */
  readonly url: string;
  /** The plain client with the credentials of a role. */
  dial(role: string): Promise<NatsConnection>;
  stop(): Promise<void>;
}

export async function startSecuredRun(options: Partial<KeysOptions> = {}): Promise<SecuredRun> {
  const keys = await makeKeys(options);
  const nats = await startNatsServer({ config: 'nats.conf', cwd: join(keys.folder, 'nats') });
  const url = `tls://127.0.0.1:${nats.port}`;
  const [address] = parseNatsAddresses(url);
  return {
    ...keys,
    nats,
    url,
    dial: (role) =>
      connect({
        servers: `127.0.0.1:${nats.port}`,
        reconnect: false,
        ...secureOptions(address, keys.of(role)),
      }),
    async stop() {
      await nats.stop();
      await keys.remove();
    },
  };
}
