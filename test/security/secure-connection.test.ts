/** TLS and nkeys against a real nats-server: what is refused says what was found, what was wanted, and the mend. */
import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StalewartError } from '../../src/errors.js';
import type { Credentials } from '../../src/security/credentials.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import { startNatsServer } from '../support/nats-server.js';
import { nextStatus } from '../transport/status-events.js';
import { makeKeys, type SecuredRun, startSecuredRun } from './support/secured-run.js';

async function refusal(url: string, credentials?: Credentials): Promise<string> {
  const error: unknown = await connectNatsTransport({
    url,
    ...(credentials === undefined ? {} : { credentials }),
  }).then(
    async (transport) => {
      await transport.close();
      return null;
    },
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StalewartError, `refused: ${String(error)}`);
  assert.equal(error.exitCode, 4);
  assert.doesNotMatch(error.message, /\n/);
  if (credentials !== undefined) {
    assert.ok(!error.message.includes(credentials.seed()));
    assert.ok(!error.message.includes(credentials.key()));
  }
  return error.message;
}

describe('a connection with credentials', () => {
  let secured: SecuredRun;

  before(async () => {
    secured = await startSecuredRun();
  });

  after(() => secured.stop());

  it('stands by address and by host name, and comes back after the nats-server was gone', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const transport = await connectNatsTransport({
        url: `tls://${host}:${secured.nats.port}`,
        credentials: secured.of('server'),
      });
      await transport.subscribe('stalewart.run-1.announce');
      await transport.close();
    }
    const transport = await connectNatsTransport({ url: secured.url, credentials: secured.of('workers/w1') });
    const lost = nextStatus(transport, 'disconnected');
    const restarted = secured.nats.restart();
    await lost;
    await restarted;
    assert.equal((await nextStatus(transport, 'connected')).type, 'connected');
    await transport.close();
  });

  it('is encrypted also where the address says nats://', async () => {
    const url = `nats://127.0.0.1:${secured.nats.port}`;
    const transport = await connectNatsTransport({ url, credentials: secured.of('observer') });
    await transport.close();
  });

  it('names the subject that the role may not use', async () => {
    const transport = await connectNatsTransport({ url: secured.url, credentials: secured.of('workers/w1') });
    await assert.rejects(
      transport.subscribe('stalewart.run-1.events'),
      /does not allow to subscribe to stalewart\.run-1\.events/,
    );
    await transport.close();
  });

  it('is refused to who has none, and to who has those of another set', async () => {
    const other = await makeKeys();
    assert.match(
      await refusal(secured.url),
      /wants TLS with a certificate of the client, and there is none: name the folder of this role with natsCredentials/,
    );
    assert.match(
      await refusal(secured.url, other.of('server')),
      /issued by another authority than the credentials in .*server trust: use those that were made together/,
    );
    const ours = secured.of('server');
    const theirs = other.of('server');
    assert.match(
      await refusal(secured.url, { ...ours, certificate: theirs.certificate, key: theirs.key }),
      /refuses the certificate of this client \(.*client\.pem\): use credentials that were made together/,
    );
    assert.match(
      await refusal(secured.url, { ...ours, seed: theirs.seed }),
      /does not know the credentials in .*server \(server of run run-1\): use those that were made together/,
    );
    await other.remove();
  });

  it('is refused to a nats-server whose certificate is for another host', async () => {
    const elsewhere = await startSecuredRun({ hosts: ['nats.example', '192.0.2.7'] });
    assert.match(
      await refusal(elsewhere.url, elsewhere.of('server')),
      /its certificate is for nats\.example and 192\.0\.2\.7, not for 127\.0\.0\.1: use one of these names, or make keys with --hosts 127\.0\.0\.1/,
    );
    await elsewhere.stop();
  });

  it('is refused to a nats-server whose certificate has expired', async () => {
    const then = new Date(Date.now() - 30 * 86_400_000);
    const old = await startSecuredRun({ now: then, days: 1 });
    assert.match(
      await refusal(old.url, old.of('server', then)),
      /its certificate has expired .*stalewart keys/,
    );
    await old.stop();
  });

  it('is refused to a nats-server that offers no TLS', async () => {
    const plain = await startNatsServer();
    assert.match(
      await refusal(plain.url, secured.of('server')),
      /offers no TLS, and credentials are used over TLS only/,
    );
    assert.match(await refusal(`tls://127.0.0.1:${plain.port}`), /offers no TLS, and the address says tls:/);
    await plain.stop();
  });

  it('is named by a nats-server that wants a password', async () => {
    const guarded = await startNatsServer({ args: ['--user', 'me', '--pass', 'secret'] });
    assert.match(await refusal(guarded.url), /wants credentials, and there are none/);
    await guarded.stop();
  });

  it('is named while it is dialled again, when its nats-server knows it no longer', async () => {
    const first = await startSecuredRun();
    const second = await makeKeys();
    const transport = await connectNatsTransport({ url: first.url, credentials: first.of('workers/w1') });
    await copyFile(join(second.folder, 'nats', 'nats.conf'), join(first.folder, 'nats', 'nats.conf'));
    const warned = nextStatus(transport, 'warning');
    await first.nats.restart();
    let { detail } = await warned;
    while (/nothing listens|cut/.test(detail)) ({ detail } = await nextStatus(transport, 'warning'));
    assert.match(detail, /does not know the credentials in .*w1 \(worker w1 of run run-1\)/);
    await transport.close();
    await second.remove();
    await first.stop();
  });
});
