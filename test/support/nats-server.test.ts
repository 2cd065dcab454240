import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startNatsServer } from './nats-server.js';

const installer = fileURLToPath(new URL('../../../scripts/get-nats-server.mjs', import.meta.url));

async function greeting(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const [data] = await once(socket, 'data');
  socket.destroy();
  return String(data);
}

describe('a nats-server for tests', () => {
  it('answers on its port, and again after restart', async () => {
    const server = await startNatsServer();
    try {
      assert.match(await greeting(server.port), /^INFO /);
      const before = server.pid;
      await server.kill('SIGKILL');
      await assert.rejects(greeting(server.port), /ECONNREFUSED/);
      await server.restart();
      assert.notEqual(server.pid, before);
      assert.match(await greeting(server.port), /^INFO /);
    } finally {
      await server.stop();
    }
    await assert.rejects(greeting(server.port), /ECONNREFUSED/);
  });

  it('says why it did not start', async () => {
    await assert.rejects(startNatsServer({ args: ['--no-such-option'] }), /did not start/);
  });

  it('is gone when the process that started it is killed', async () => {
    const support = new URL('./nats-server.js', import.meta.url).href;
    const script = `
      const { startNatsServer } = await import(${JSON.stringify(support)});
      const server = await startNatsServer();
      console.log(server.port);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const socket = connect(Number(line), '127.0.0.1');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    socket.on('error', () => undefined);
    parent.kill('SIGKILL');
    await closed;
    // Reset: it is so lately gone that the system still held its port open.
    await assert.rejects(greeting(Number(line)), /ECONNREFUSED|ECONNRESET/);
  });
});

describe('scripts/get-nats-server.mjs', () => {
  const get = (env: NodeJS.ProcessEnv, ...args: string[]): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [installer, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });

  it('says nothing when the server is there', () => {
    const { status, stdout, stderr } = get({});
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  });

  it('refuses a STALEWART_NATS_SERVER that is no program, in one line', () => {
    const { status, stderr } = get({ STALEWART_NATS_SERVER: '/no/such/nats-server' }, '--where');
    assert.equal(status, 4);
    assert.equal(
      stderr,
      'STALEWART_NATS_SERVER is "/no/such/nats-server": it must be the path of a nats-server program\n',
    );
  });
});
