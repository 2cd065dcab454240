/** The README's promises that a program can check: its code runs as it stands, and its tables are those of the program. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findPolicy, loadDataset, policies, train } from '../src/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

async function codeBlocks(language: string): Promise<readonly string[]> {
  const text = await readFile(join(root, 'README.md'), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code = '']) => code);
}

describe('README', () => {
  let folder: string;
  beforeEach(async () => {
    // Inside the package, so that `import 'stalewart'` finds it as a user's program does.
    await mkdir(join(root, 'dist', 'readme'), { recursive: true });
    folder = await mkdtemp(join(root, 'dist', 'readme', 'example-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs the code in a folder of its own and returns what it printed. */
  async function execute(code: string): Promise<string> {
    const file = join(folder, 'example.mjs');
    await writeFile(file, code);
    const { stdout } = await run(process.execPath, [file], { cwd: folder });
    return stdout;
  }

  it('has three examples', async () => {
    assert.equal((await codeBlocks('js')).length, 3);
  });

  it("shows a run's streams", async () => {
    const [code = ''] = await codeBlocks('js');
    const output = await execute(code);
    assert.match(output, /^round 1: K = 2, τ_max = 3, loss \d+\.\d{3}$/m);
    assert.match(output, /^round 40: K = \d, /m);
    assert.match(output, /^finished 0\.\d+$/m);
  });

  it('shows how to bring a policy, a model and a data set', async () => {
    const [, code = ''] = await codeBlocks('js');
    const accuracy = Number((await execute(code)).trim().split('\n').at(-1));
    assert.ok(accuracy > 0.8, `accuracy ${accuracy}`);
  });

  it('shows how to load a saved model', async () => {
    const [, , code = ''] = await codeBlocks('js');
    const data = 'synthetic:examples=400,test=100,size=8,channels=1';
    const out = join(folder, 'runs/my-run');
    const small = { model: 'mlp', workers: 2, batchSize: 16, localSteps: 2, rounds: 4, threads: 1 };
    const { finalAccuracy } = await train({ ...small, dataset: data, out }).done;
    const output = await execute(code.replace("'cifar10'", `'${data}'`));
    assert.equal(Number(output.trim().split('\n').at(-1)), finalAccuracy);
    assert.equal((await loadDataset(data)).test.size, 100);
  });

  it('lists every policy as the registry describes it', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    for (const { name, summary, source } of policies) {
      assert.ok(
        text.includes(`| \`${name}\` | ${summary} | ${source} |`),
        `the row of ${name} is out of date`,
      );
      assert.ok(findPolicy(name));
    }
  });

  it('names every library that it stands on', async () => {
    const text = await readFile(join(root, 'README.md'), 'utf8');
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      optionalDependencies: Record<string, string>;
    };
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      if (name === '@tensorflow/tfjs-backend-wasm') continue;
      assert.ok(text.includes(`[${name}]`), `${name} is not in the table`);
    }
  });
});
