/** A run with credentials, as real processes: it trains, and nothing that it says or writes holds a secret. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../cli/run-cli.js';
import { type SecuredRun, startSecuredRun } from './support/secured-run.js';

/** Seeds whole, and the keys by their lines: how they are wrapped does not matter. */
async function secretsOf(secured: SecuredRun): Promise<string[]> {
  const credentials = ['server', 'observer', 'workers/w1', 'workers/w2'].map((role) => secured.of(role));
  const pem = [
    ...credentials.map(({ key }) => key()),
    await readFile(join(secured.folder, 'nats', 'server-key.pem'), 'utf8'),
  ];
  const lines = pem.flatMap((text) =>
    text.split('\n').filter((line) => line !== '' && !line.startsWith('-')),
  );
  return [...credentials.map(({ seed }) => seed()), ...lines];
}

async function assertHolds(texts: ReadonlyMap<string, string>, secrets: readonly string[]): Promise<void> {
  for (const [name, text] of texts) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `a secret in ${name}`);
  }
}

describe('a run with credentials', () => {
  let secured: SecuredRun;

  before(async () => {
    secured = await startSecuredRun();
  });

  after(() => secured.stop());

  const natsFlags = (role: string, run = 'run-1'): string[] => [
    ...['--nats', secured.url, '--run', run],
    ...['--nats-credentials', join(secured.folder, role)],
  ];

  it('trains over NATS with each process under its own name, and shows no secret anywhere', async () => {
    const out = join(secured.folder, 'out');
    const training = ['--compute', 'none', '--dataset', 'synthetic:size=8,channels=1', '--model', 'mlp'];
    const worker = ['--threads', '1', '--patience', '600'];
    const [server, first, second] = await Promise.all([
      runCli([
        'server',
        ...natsFlags('server'),
        ...training,
        '--workers',
        '2',
        '--rounds',
        '3',
        '--out',
        out,
      ]),
      runCli(['worker', ...natsFlags('workers/w1'), ...worker]),
      runCli(['worker', ...natsFlags('workers/w2'), ...worker]),
    ]);
    assert.deepEqual([server.exitCode, first.exitCode, second.exitCode], [0, 0, 0], server.stderr);
    assert.match(server.stderr, /process w1 entered/);
    assert.match(server.stderr, /process w2 entered/);
    const texts = new Map<string, string>();
    for (const [name, { stdout, stderr }] of Object.entries({ server, first, second })) {
      texts.set(`standard output of ${name}`, stdout).set(`standard error of ${name}`, stderr);
    }
    for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      texts.set(file, await readFile(file, 'latin1'));
    }
    assert.ok(texts.size > 6);
    await assertHolds(texts, await secretsOf(secured));
  });

  it('is refused in one line, without a secret, to who has credentials of another role, run or name', async () => {
    const wrong: readonly (readonly [string[], RegExp])[] = [
      [
        ['worker', ...natsFlags('server')],
        /holds credentials of server of run run-1: this needs those of a worker/,
      ],
      [
        ['server', ...natsFlags('workers/w1')],
        /holds credentials of worker w1 of run run-1: this needs those of the server/,
      ],
      [['worker', ...natsFlags('workers/w1', 'run-2')], /this needs those of a worker of run run-2/],
      [
        ['worker', ...natsFlags('workers/w1'), '--name', 'w2'],
        /name is "w2": it must be w1, as its credentials say/,
      ],
      [
        ['worker', ...natsFlags('nowhere')],
        /nowhere.role\.json: it is not there; name the folder of one role/,
      ],
    ];
    const texts = new Map<string, string>();
    for (const [args, message] of wrong) {
      const { exitCode, stdout, stderr } = await runCli(args);
      assert.equal(exitCode, 2, stderr);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      texts.set(args.join(' '), stdout + stderr);
    }
    await assertHolds(texts, await secretsOf(secured));
  });
});
