import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StalewartError } from '../../src/errors.js';
import { credentialsFor } from '../../src/security/credentials-for.js';
import { readCredentials } from '../../src/security/credentials.js';
import { runCli } from '../cli/run-cli.js';
import { makeKeys } from './support/secured-run.js';

const installer = fileURLToPath(new URL('../../../scripts/get-nats-server.mjs', import.meta.url));

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function isRefused(attempt: () => unknown, message: RegExp): void {
  assert.throws(attempt, (error) => {
    assert.ok(error instanceof StalewartError, String(error));
    assert.equal(error.exitCode, 2);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n|SU[A-Z2-7]{10}|PRIVATE/);
    return true;
  });
}

describe('stalewart keys', () => {
  let parent: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'stalewart-'));
  });

  afterEach(() => rm(parent, { recursive: true }));

  it('makes a folder for each role, for its owner only, and never writes over one', async () => {
    const out = join(parent, 'keys');
    const args = ['keys', '--run', 'r1', '--out', out, '--workers', 'gpu-a,gpu-b', '--days', '3'];
    const made = await runCli(args);
    assert.equal(made.exitCode, 0, made.stderr);
    assert.match(made.stdout, /--nats tls:\/\/localhost:4222 --nats-credentials/);
    const files = await filesIn(out);
    assert.equal(files.length, 4 + 4 * 5);
    for (const file of files) assert.equal((await stat(file)).mode & 0o777, 0o600, file);
    const before = await readFile(join(out, 'server', 'user.nk'), 'utf8');
    assert.ok(!made.stdout.includes(before.trim()));

    const again = await runCli(args);
    assert.equal(again.exitCode, 2);
    assert.match(
      again.stderr,
      /^error: --out is ".*keys": it holds files already, and keys are never overwritten/,
    );
    assert.equal(await readFile(join(out, 'server', 'user.nk'), 'utf8'), before);
    assert.deepEqual(await readdir(parent), ['keys']);
  });

  it('refuses what cannot be, naming the flag', async () => {
    const out = join(parent, 'keys');
    const wrong: readonly (readonly [string[], RegExp])[] = [
      [['--run', 'a b', '--out', out], /--run is "a b": it must be/],
      [['--run', 'r', '--out', out, '--workers', 'local'], /--workers is "local": it must be/],
      [['--run', 'r', '--out', out, '--workers', 'a,a'], /--workers is "a,a": .* a stands in it twice/],
      [['--run', 'r', '--out', out, '--workers', '0'], /--workers is "0": it must be/],
      [['--run', 'r', '--out', out, '--workers', 'a.b'], /--workers is "a\.b": it must be/],
      [['--run', 'r', '--out', out, '--hosts', 'nats://a'], /--hosts is "nats:\/\/a": it must be/],
      [['--run', 'r', '--out', out, '--hosts', 'a,b', '--cluster'], /--hosts is "a,b": .*three hosts/],
      [['--run', 'r', '--out', out, '--days', '-1'], /--days is -1: it must be/],
      [['--out', out], /required option '--run <ID>' not specified/],
    ];
    for (const [args, message] of wrong) {
      const { exitCode, stderr } = await runCli(['keys', ...args]);
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, message);
    }
    assert.deepEqual(await readdir(parent), []);
  });

  it('makes a configuration that nats-server takes, by itself and for each node of a cluster', async () => {
    const program = execFileSync(process.execPath, [installer, '--where'], { encoding: 'utf8' }).trim();
    const hosts = ['nats-1.example', 'nats-2.example', '192.0.2.3'];
    const [single, cluster] = await Promise.all([makeKeys(), makeKeys({ hosts, cluster: true })]);
    const folders = [join(single.folder, 'nats'), ...hosts.map((host) => join(cluster.folder, 'nats', host))];
    for (const cwd of folders) {
      // It says so on standard error, and fails otherwise.
      execFileSync(program, ['-t', '-c', 'nats.conf'], { cwd, stdio: 'pipe' });
      const certificate = new X509Certificate(await readFile(join(cwd, 'server.pem')));
      const authority = new X509Certificate(await readFile(join(cwd, 'ca.pem')));
      assert.ok(certificate.verify(authority.publicKey));
    }
    const last = new X509Certificate(await readFile(join(cluster.folder, 'nats', '192.0.2.3', 'server.pem')));
    assert.equal(last.subjectAltName, 'IP Address:192.0.2.3');
    const configuration = await readFile(join(cluster.folder, 'nats', '192.0.2.3', 'nats.conf'), 'utf8');
    assert.deepEqual(configuration.match(/tls:\/\/[^"]+/g), [
      'tls://nats-1.example:6222',
      'tls://nats-2.example:6222',
    ]);
    await Promise.all([single.remove(), cluster.remove()]);
  });

  it('keeps no private key but those of the holders', async () => {
    const keys = await makeKeys();
    const secret: string[] = [];
    for (const file of await filesIn(keys.folder)) {
      if (/PRIVATE KEY|^SU/m.test(await readFile(file, 'utf8')))
        secret.push(file.slice(keys.folder.length + 1));
    }
    assert.deepEqual(secret.sort(), [
      'nats/server-key.pem',
      ...['observer', 'server', 'workers/w1', 'workers/w2'].flatMap((role) => [
        `${role}/client-key.pem`,
        `${role}/user.nk`,
      ]),
    ]);
    await keys.remove();
  });
});

describe('credentials in a folder', () => {
  it('are refused when a file is missing, broken, or open to everybody', async () => {
    const keys = await makeKeys();
    const folder = join(keys.folder, 'workers', 'w1');
    const spoil = async (name: string, content: string, message: RegExp): Promise<void> => {
      const kept = await readFile(join(folder, name));
      await writeFile(join(folder, name), content);
      isRefused(() => readCredentials(folder), message);
      await writeFile(join(folder, name), kept);
    };
    assert.deepEqual(readCredentials(folder).role, { role: 'worker', run: 'run-1', process: 'w1' });
    await spoil('user.nk', 'SUAB', /user\.nk: it holds no seed of a user nkey/);
    await spoil('client.pem', 'x', /client\.pem: it holds no certificate in PEM/);
    await spoil('client-key.pem', 'x', /client-key\.pem: it holds no private key in PEM/);
    await spoil('role.json', '{', /role\.json: it is not JSON/);
    await spoil('role.json', '{"format":2}', /role\.json: format: /);
    await chmod(join(folder, 'user.nk'), 0o644);
    isRefused(() => readCredentials(folder), /user\.nk: every user of this machine may use it; chmod 600 /);
    await rm(join(folder, 'user.nk'));
    isRefused(() => readCredentials(folder), /user\.nk: it is not there; name the folder of one role/);
    await mkdir(join(folder, 'user.nk'));
    isRefused(() => readCredentials(folder), /user\.nk: it cannot be read \(EISDIR\)/);
    isRefused(() => readCredentials(keys.folder), /role\.json: it is not there/);
    await keys.remove();
  });

  it('are refused before and after their time', async () => {
    const keys = await makeKeys({ days: 2 });
    const hours = (count: number): Date => new Date(Date.now() + count * 3_600_000);
    keys.of('server', hours(47));
    isRefused(
      () => keys.of('server', hours(49)),
      /client\.pem: it expired on \d{4}-.* UTC, and today is .* UTC; make a new set/,
    );
    isRefused(
      () => keys.of('server', hours(-2)),
      /it is valid from .* UTC, and this machine's clock says .* UTC; set the clock/,
    );
    await keys.remove();
  });

  it('are refused to a part of another role or run', async () => {
    const keys = await makeKeys();
    const folder = join(keys.folder, 'observer');
    assert.equal(credentialsFor('observer', 'run-1', folder).folder, folder);
    isRefused(
      () => credentialsFor('server', 'run-1', folder),
      /holds credentials of observer of run run-1: this needs those of the server of run run-1/,
    );
    isRefused(
      () => credentialsFor('observer', 'run-2', folder),
      /this needs those of the observer of run run-2; .*--run run-2/,
    );
    await keys.remove();
  });

  it('show no secret when they are printed', async () => {
    const keys = await makeKeys();
    const credentials = keys.of('server');
    const { inspect } = await import('node:util');
    const shown = `${JSON.stringify(credentials)} ${inspect(credentials, { depth: 9, showHidden: true })}`;
    assert.ok(!shown.includes(credentials.seed()));
    assert.ok(!shown.includes('PRIVATE KEY'));
    await keys.remove();
  });
});
