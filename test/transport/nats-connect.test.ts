import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverSubject, workerSubject } from '../../protocols/wire/subjects.js';
import { StalewartError } from '../../src/errors.js';
import { parseNatsAddresses } from '../../src/transport/nats-address.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import { openTransport } from '../../src/transport/open-transport.js';
import { assign, heartbeat } from '../protocols/wire/messages-for-tests.js';
import { startNatsServer } from '../support/nats-server.js';
import { next } from './contract.js';
import { nextStatus } from './status-events.js';

/** Something that listens on a port but is no nats-server. */
async function listen(greet: (socket: Socket) => void): Promise<{ server: Server; url: string }> {
  const server = createServer(greet);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { server, url: `nats://127.0.0.1:${address.port}` };
}

async function errorOf(attempt: Promise<unknown>): Promise<StalewartError> {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StalewartError, String(error));
  assert.doesNotMatch(error.message, /\n/);
  return error;
}

describe('addresses of nats-servers', () => {
  it('are read with and without scheme, port and credentials, one or several', () => {
    const shown = (url: string | string[]): string[] =>
      parseNatsAddresses(url).map((address) => address.shown);
    assert.deepEqual(shown('nats://127.0.0.1:4333'), ['nats://127.0.0.1:4333']);
    assert.deepEqual(shown('localhost'), ['nats://localhost:4222']);
    assert.deepEqual(shown('nats://a, tls://b:80/,c:5'), ['nats://a:4222', 'tls://b:80', 'nats://c:5']);
    assert.deepEqual(shown(['nats://[::1]:4', '[::1]']), ['nats://[::1]:4', 'nats://[::1]:4222']);
    const [{ user, password, shown: text }] = parseNatsAddresses('nats://me:p%40ss@host:1');
    assert.deepEqual([user, password, text], ['me', 'p@ss', 'nats://host:1']);
  });

  it('are refused when they cannot be one, and no password is shown', () => {
    const wrong = [
      '',
      ',',
      'nats://',
      'http://a',
      'nats://a:0',
      'nats://a:99999',
      'nats://a b',
      'nats://a/b',
      'nats://u:%zz@a',
    ];
    for (const url of [...wrong, 'nats://me:secret@a:x']) {
      assert.throws(
        () => parseNatsAddresses(url),
        (error) => {
          assert.ok(error instanceof StalewartError, url);
          assert.equal(error.exitCode, 2);
          assert.match(error.message, /^nats is ".*": it must be nats:\/\/host:port/);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      );
    }
    assert.throws(() => parseNatsAddresses([]), StalewartError);
  });
});

describe('connecting to NATS', () => {
  it('fails with exit code 4, the address and the mend where nothing listens', async () => {
    const { server, url } = await listen(() => undefined);
    server.close();
    await once(server, 'close');
    const error = await errorOf(connectNatsTransport({ url }));
    assert.equal(error.code, 'SERVICE');
    assert.equal(error.exitCode, 4);
    assert.ok(error.message.includes(`${url}: nothing listens there`), error.message);
    assert.match(error.message, /nats-server/);
  });

  it('fails when the time is up where somebody listens but says nothing', async () => {
    const { server, url } = await listen(() => undefined);
    const error = await errorOf(connectNatsTransport({ url, connectTimeoutSeconds: 0.1 }));
    server.close();
    assert.equal(error.exitCode, 4);
    assert.ok(error.message.includes(`${url}: no answer within 0.1 s`), error.message);
  });

  it('fails where something else answers, or hangs up', async () => {
    const web = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const closer = await listen((socket) => socket.destroy());
    const error = await errorOf(connectNatsTransport({ url: [web.url, closer.url] }));
    web.server.close();
    closer.server.close();
    assert.ok(error.message.includes(`${web.url}: what answers there is not a nats-server`), error.message);
    assert.ok(error.message.includes(`${closer.url}: the connection was c`), error.message);
  });

  it('fails for a host that does not exist', async () => {
    const error = await errorOf(connectNatsTransport({ url: 'nats://no-such-host.invalid:4222' }));
    assert.equal(error.exitCode, 4);
    assert.match(error.message, /nats:\/\/no-such-host\.invalid:4222: /);
  });

  it('fails for an address or an option out of range with exit code 2', async () => {
    assert.equal((await errorOf(connectNatsTransport({ url: 'nats://a:b' }))).exitCode, 2);
    const options: Parameters<typeof connectNatsTransport>[0][] = [
      { url: 'nats://a', maxChunkBytes: 10 },
      { url: 'nats://a', pulseSeconds: Number.NaN },
      { url: 'nats://a', maxTensorElements: 1.5 },
    ];
    for (const option of options) {
      const error = await errorOf(connectNatsTransport(option));
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /^(maxChunkBytes|pulseSeconds|maxTensorElements) is .*: it must be an? /);
    }
  });

  it('takes the first address that answers, and the next when that is gone', async () => {
    const dead = await listen(() => undefined);
    dead.server.close();
    const [first, second] = await Promise.all([startNatsServer(), startNatsServer()]);
    const transport = await openTransport({ nats: [dead.url, first.url, second.url] });
    assert.equal(transport.name, 'nats');
    assert.match((await nextStatus(transport, 'connected')).detail, new RegExp(`:${first.port}`));
    const lost = nextStatus(transport, 'disconnected');
    await first.stop();
    await lost;
    assert.match((await nextStatus(transport, 'connected')).detail, new RegExp(`:${second.port}`));
    await transport.close();
    await second.stop();
  });

  it('knows user and password from the address, and says so without them when they are refused', async () => {
    const nats = await startNatsServer({ args: ['--user', 'me', '--pass', 'se@cret'] });
    const right = await connectNatsTransport({ url: `nats://me:se%40cret@127.0.0.1:${nats.port}` });
    await right.close();
    const error = await errorOf(connectNatsTransport({ url: `nats://me:wrong@127.0.0.1:${nats.port}` }));
    assert.equal(error.exitCode, 4);
    assert.match(error.message, /the credentials are refused/);
    assert.doesNotMatch(error.message, /wrong/);
    await nats.stop();
  });

  it('knows a token from the address', async () => {
    const nats = await startNatsServer({ args: ['--auth', 's3cret'] });
    const transport = await connectNatsTransport({ url: `nats://s3cret@127.0.0.1:${nats.port}` });
    await transport.close();
    await nats.stop();
  });
});

describe('a nats-server with permissions per worker', () => {
  it('confines a worker to its own subjects, and every violation is named', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stalewart-'));
    const config = join(folder, 'nats.conf');
    await writeFile(
      config,
      `authorization { users = [
        { user: server, password: s }
        { user: w3, password: w, permissions: {
          publish: ["${serverSubject('run-1', 'node-1', 3)}"], subscribe: ["${workerSubject('run-1', 'node-1', 3)}"] } }
      ] }`,
    );
    const nats = await startNatsServer({ config });
    const server = await connectNatsTransport({ url: `nats://server:s@127.0.0.1:${nats.port}` });
    const worker = await connectNatsTransport({ url: `nats://w3:w@127.0.0.1:${nats.port}` });

    const heard = next(await server.subscribe('stalewart.run-1.server.*.*'), 1);
    const told = next(await worker.subscribe(workerSubject('run-1', 'node-1', 3)), 1);
    const error = await errorOf(worker.subscribe(workerSubject('run-1', 'node-1', 4)));
    assert.match(error.message, /does not allow to subscribe to stalewart\.run-1\.worker\.node-1\.4/);

    const warning = nextStatus(worker, 'warning');
    await worker.send(serverSubject('run-1', 'node-1', 4), heartbeat(4));
    assert.match(
      (await warning).detail,
      /PERMISSIONS_VIOLATION.*publish of stalewart\.run-1\.server\.node-1\.4/i,
    );
    await worker.send(serverSubject('run-1', 'node-1', 3), heartbeat(3));
    assert.deepEqual(await heard, [heartbeat(3)]);
    await server.send(workerSubject('run-1', 'node-1', 3), assign(new Float32Array(1)));
    assert.deepEqual(await told, [assign(new Float32Array(1))]);

    await Promise.all([server.close(), worker.close()]);
    await nats.stop();
    await rm(folder, { recursive: true });
  });
});
