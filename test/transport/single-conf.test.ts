import assert from 'node:assert/strict';
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from 'nats';
import { serverInbox, serverSubject, workerSubject } from '../../protocols/wire/subjects.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import { assign, bits, update } from '../protocols/wire/messages-for-tests.js';
import { startNatsServer } from '../support/nats-server.js';
import { next } from './contract.js';

const config = fileURLToPath(new URL('../../../deploy/nats/single.conf', import.meta.url));

describe('deploy/nats/single.conf', () => {
  it('starts a server that takes long messages', async () => {
    const nats = await startNatsServer({ config });
    const plain = await connect({ servers: nats.url });
    assert.equal(plain.info?.max_payload, 8 * 2 ** 20);
    await plain.close();

    const transport = await connectNatsTransport({ url: nats.url });
    const arrived = next(await transport.subscribe(serverInbox('run-1')), 1);
    const tensor = Float32Array.from({ length: 2_500_000 }, (_, index) => index);
    await transport.send(serverSubject('run-1', 'node-1', 3), update(tensor));
    const [message] = await arrived;
    assert.deepEqual(bits(message?.tensor ?? null), bits(tensor));
    await transport.close();
    await nats.stop();
  });

  it('has an example of users that works once it is no comment', async () => {
    const text = await readFile(config, 'utf8');
    const example = text
      .slice(text.indexOf('# authorization {'))
      .replaceAll(/^# ?/gm, '')
      .replaceAll('…', 'pw');
    const folder = await mkdtemp(join(tmpdir(), 'stalewart-'));
    const withUsers = join(folder, 'users.conf');
    await writeFile(withUsers, `${text}\n${example}`);
    const nats = await startNatsServer({ config: withUsers });
    const server = await connectNatsTransport({ url: `nats://server:pw@127.0.0.1:${nats.port}` });
    const worker = await connectNatsTransport({ url: `nats://node-1:pw@127.0.0.1:${nats.port}` });
    const heard = next(await server.subscribe(serverInbox('run-1')), 1);
    const told = next(await worker.subscribe(workerSubject('run-1', 'node-1', 0)), 1);
    await worker.send(serverSubject('run-1', 'node-1', 0), update(new Float32Array(1), 0));
    await server.send(workerSubject('run-1', 'node-1', 0), assign(new Float32Array(1), 0));
    assert.deepEqual(await heard, [update(new Float32Array(1), 0)]);
    assert.deepEqual(await told, [assign(new Float32Array(1), 0)]);
    await assert.rejects(worker.subscribe(serverInbox('run-1')), /does not allow to subscribe/);
    await Promise.all([server.close(), worker.close()]);
    await nats.stop();
    await rm(folder, { recursive: true });
  });
});
