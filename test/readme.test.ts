/** The README's promises that a program can check: its code runs as it stands, and its tables are those of the program. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createProgram, runProgram } from '../src/cli/program.js';
import { trainCommand } from '../src/cli/train.js';
import type { TrainConfig } from '../src/config/resolve.js';
import { findPolicy, policies } from '../src/index.js';
import { summarySchema } from '../src/telemetry/summary.js';
import { silentContext } from './cli/program-context.js';
import { makePackedProject, type PackedProject, readManifest } from './support/packed-project.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

async function codeBlocks(language: string): Promise<readonly string[]> {
  const text = await readFile(join(root, 'README.md'), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code = '']) => code);
}

/** The arguments of each `npx stalewart train …` of the README. */
async function trainCommands(): Promise<readonly (readonly string[])[]> {
  const lines = (await codeBlocks('sh')).flatMap((block) => block.split('\n'));
  return lines.flatMap((line) => {
    const [, args] = /^npx stalewart (train[^#]*)/.exec(line) ?? [];
    return args === undefined ? [] : [args.trim().split(/ +/)];
  });
}

/** What the command line would run, if it stands. */
async function configOf(args: readonly string[]): Promise<TrainConfig> {
  const configs: TrainConfig[] = [];
  const context = silentContext();
  const command = trainCommand(context, async ({ config }) => {
    configs.push(config);
    return 0;
  });
  const exitCode = await runProgram(createProgram('1.2.3', [command], context), args, context);
  const [config] = configs;
  assert.ok(exitCode === 0 && config !== undefined, `${args.join(' ')}: ${context.errors()}`);
  return config;
}

describe('README', () => {
  let project: PackedProject;
  before(async () => {
    project = await makePackedProject();
  });
  after(() => project.remove());

  /** Runs the code in a project of its own and returns what it printed. */
  async function execute(code: string): Promise<string> {
    const file = join(project.folder, 'example.mjs');
    await writeFile(file, code);
    const { stdout } = await run(process.execPath, [file], { cwd: project.folder });
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

  it('shows how to load the model that the run before it has saved', async () => {
    const [, , code = ''] = await codeBlocks('js');
    const command = (await trainCommands()).find((args) => args.includes('my-run'));
    assert.ok(command !== undefined);
    await run(process.execPath, [project.program, ...command], { cwd: project.folder });
    const text = await readFile(join(project.folder, 'runs/my-run/summary.json'), 'utf8');
    const { finalAccuracy } = summarySchema.parse(JSON.parse(text));
    assert.equal(Number((await execute(code)).trim().split('\n').at(-1)), finalAccuracy);
  });

  it('has commands that stand, and end within a minute', async () => {
    const commands = (await trainCommands()).filter((args) => !args.includes('--help'));
    assert.ok(commands.length >= 5, `${commands.length} commands`);
    for (const args of commands) {
      const file = (word: string) => (word.endsWith('.yaml') ? join(root, word) : word);
      const { time, rounds } = await configOf(args.map(file));
      assert.ok((time ?? Infinity) <= 60 || (rounds ?? Infinity) <= 100, args.join(' '));
    }
  });

  it('installs the package under the name that npm pack gives it', async () => {
    const { name, version } = await readManifest();
    const blocks = await codeBlocks('sh');
    const install = blocks.find((block) => block.includes('npm pack'));
    assert.match(install ?? '', new RegExp(`^npm install \\S+/${name}-${version}\\.tgz$`, 'm'));
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
    const manifest = await readManifest();
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      if (name === '@tensorflow/tfjs-backend-wasm') continue;
      assert.ok(text.includes(`[${name}]`), `${name} is not in the table`);
    }
  });
});
