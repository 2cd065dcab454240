/** The checks of `stalewart doctor`. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { after, before, describe, it } from 'mocha';
import { formatChecks } from '../../src/cli/doctor.js';
import { checkBackends } from '../../src/cli/doctor/backends.js';
import type { Check } from '../../src/cli/doctor/check.js';
import { checkDatasets } from '../../src/cli/doctor/datasets.js';
import { checkMachine, thisMachine } from '../../src/cli/doctor/machine.js';
import { checkProgram, checkServers } from '../../src/cli/doctor/nats.js';
import { runCli } from './run-cli.js';

const oks = (checks: readonly Check[]) => checks.map(({ ok }) => ok);

describe('doctor: the machine', () => {
  it('passes what is enough', () => {
    const checks = checkMachine({ nodeVersion: '20.19.0', cores: 2, memory: 4e9 });
    assert.deepEqual(oks(checks), [true, true, true]);
    assert.deepEqual(oks(checkMachine(thisMachine())).slice(0, 2), [true, true]);
  });

  it('names an old Node and too little memory, with the mend', () => {
    const [node, , memory] = checkMachine({ nodeVersion: '18.20.4', cores: 2, memory: 1e9 });
    assert.deepEqual(node, {
      name: 'node',
      ok: false,
      detail: '18.20.4',
      mend: 'install Node 20.19 or newer',
    });
    assert.equal(memory?.ok, false);
    assert.match(memory?.mend ?? '', /1\.5 GB/);
  });
});

describe('doctor: NATS servers', () => {
  /** Runs `use` with the port of a server that greets like this. */
  const withServer = async (greet: (socket: Socket) => void, use: (port: number) => Promise<void>) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      greet(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await use((server.address() as AddressInfo).port);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    }
  };
  const check = async (port: number, seconds?: number) =>
    (await checkServers([`nats://127.0.0.1:${port}`], seconds))[0];

  it('are known by their greeting', async () => {
    await withServer(
      (socket) => socket.write('INFO {"server_id":"X","version":"2.9.10","port":4222}\r\n'),
      async (port) => {
        assert.deepEqual(await check(port), {
          name: `nats nats://127.0.0.1:${port}`,
          ok: true,
          detail: 'nats-server 2.9.10 answers',
          mend: null,
        });
      },
    );
  });

  it('are not taken for something else that listens', async () => {
    await withServer(
      (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
      async (port) => {
        const found = await check(port);
        assert.equal(found?.ok, false);
        assert.equal(found?.detail, 'something else answers there');
      },
    );
  });

  it('are given up when they say nothing', async () => {
    await withServer(
      () => undefined,
      async (port) => {
        assert.equal((await check(port, 0.05))?.detail, 'no answer within 0.05 s');
      },
    );
  });

  it('are missed where nobody listens', async () => {
    let free = 0;
    await withServer(
      () => undefined,
      async (port) => {
        free = port;
      },
    );
    const found = await check(free);
    assert.equal(found?.ok, false);
    assert.match(found?.detail ?? '', /ECONNREFUSED/);
  });
});

describe('doctor: the nats-server program and the data cache', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stalewart-doctor-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('finds the program on the search path, and runs it', async () => {
    const program = join(folder, 'nats-server');
    writeFileSync(program, '#!/bin/sh\necho "nats-server: v9.9.9"\n');
    chmodSync(program, 0o755);
    const found = await checkProgram({ PATH: `/nowhere:${folder}` });
    assert.deepEqual(found, {
      name: 'nats-server',
      ok: true,
      detail: `nats-server: v9.9.9 at ${program}`,
      mend: null,
    });
  });

  it('says where it looked when there is none', async () => {
    assert.equal((await checkProgram({ PATH: '/nowhere' })).detail, 'not found on the search path');
    const named = await checkProgram({ STALEWART_NATS_SERVER: '/nowhere/nats' });
    assert.equal(named.detail, '/nowhere/nats is not an executable file');
    assert.equal(named.ok, false);
  });

  it('tells which data sets are there', async () => {
    const empty = await checkDatasets(folder);
    assert.ok(empty.length >= 3 && empty.every(({ ok }) => !ok));
    assert.match(
      empty.find(({ name }) => name === 'data cifar10')?.mend ?? '',
      /^stalewart data cifar10 fetches it/,
    );
    const cache = join(folder, 'cache');
    mkdirSync(cache);
    writeFileSync(join(cache, 'cifar10.swdata'), '');
    const one = await checkDatasets(cache);
    assert.deepEqual(
      one.filter(({ ok }) => ok).map(({ name }) => name),
      ['data cifar10'],
    );
  });
});

describe('doctor: backends', () => {
  it('trains on wasm, and says what tensorflow lacks where it does not work', async () => {
    const [tensorflow, wasm] = await checkBackends();
    assert.equal(wasm?.ok, true, wasm?.detail);
    assert.match(wasm?.detail ?? '', /^trains about \d+ images\/s per thread \(lenet\)$/);
    assert.equal(tensorflow?.ok, tensorflow?.mend === null);
  });
});

describe('stalewart doctor', () => {
  it('prints a line per check, the mends, and exits with 0', async () => {
    const { exitCode, stdout } = await runCli(['doctor', '--data-dir', '/nowhere']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^ok {3}node +\d/m);
    assert.match(stdout, /^no {3}data cifar10 +not in \/nowhere\n {5} +stalewart data cifar10 fetches it/m);
  });

  it('has no colours in a pipe, whatever the environment says of the machine', async () => {
    const { stdout } = await runCli(['doctor', '--data-dir', '/nowhere'], [], { CI: 'true' });
    assert.equal(stdout, stripVTControlCharacters(stdout));
  });

  it('prints JSON when asked to', async () => {
    const { exitCode, stdout } = await runCli(['doctor', '--json', '--nats', 'nats://127.0.0.1:1']);
    assert.equal(exitCode, 0);
    const checks = JSON.parse(stdout) as Check[];
    assert.equal(checks.find(({ name }) => name === 'nats nats://127.0.0.1:1')?.ok, false);
  });

  it('shows no credentials of a server', async () => {
    const { stdout, stderr } = await runCli(['doctor', '--nats', 'nats://me:secret@127.0.0.1:1']);
    assert.match(stdout, /nats nats:\/\/127\.0\.0\.1:1 /);
    assert.doesNotMatch(stdout + stderr, /secret/);
  });

  it('aligns its columns', () => {
    const checks: Check[] = [
      { name: 'a', ok: true, detail: 'fine', mend: null },
      { name: 'long', ok: false, detail: 'broken', mend: 'mend it' },
    ];
    const plain = formatChecks(checks, false);
    assert.equal(plain, 'ok   a     fine\nno   long  broken\n           mend it\n');
    const coloured = formatChecks(checks, true);
    assert.notEqual(coloured, plain);
    assert.equal(stripVTControlCharacters(coloured), plain);
  });
});
