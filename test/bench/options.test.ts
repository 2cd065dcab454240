/** Every bench tells what it can be asked, and what it cannot, before it measures anything. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(`${root}package.json`, 'utf8')));
const benches = Object.entries(scripts).filter(([name]) => name.startsWith('bench:'));

/** As npm runs it, asked for help besides or not: nothing is built, since the tests are. */
function run(command: string, ...words: string[]) {
  const [, ...own] = command.split(' ');
  return spawnSync(process.execPath, [...own, ...words], { cwd: root, encoding: 'utf8' });
}

/** What the bench says to these words: one line, and nothing is measured. */
function refusal(bench: string, ...words: string[]): string {
  const program = fileURLToPath(new URL(`../../bench/${bench}.js`, import.meta.url));
  const { status, stdout, stderr } = run(`node ${program}`, ...words);
  assert.deepEqual([status, stdout], [2, ''], stderr);
  assert.match(stderr, /^error: [^\n]+\n$/);
  return stderr.slice('error: '.length, -1);
}

describe('the command lines of the benches', () => {
  it('are those of four', () => {
    assert.deepEqual(
      benches.map(([name]) => name),
      ['bench:live', 'bench:engine', 'bench:simulation', 'bench:transport', 'bench:compute'],
    );
  });

  for (const [name, command] of benches) {
    it(`${name} explains itself, and builds nothing for it`, () => {
      const { status, stdout, stderr } = run(command, '--help');
      assert.deepEqual([status, stderr], [0, '']);
      assert.ok(stdout.startsWith(`Usage: npm run ${name} -- [options]\n`), stdout.split('\n')[0]);
      assert.match(stdout, /^ {2}--\w+ <\w+> .*\(default: /m);
    });

    it(`${name} refuses what it does not know, in one line`, () => {
      const bench = command.split(' ').at(-1) ?? '';
      assert.match(refusal(bench, '--nonsense', '1'), /^unknown option '--nonsense'$/);
      assert.match(refusal(bench, 'nonsense'), /^too many arguments/);
    });
  }

  for (const [bench, words, message] of [
    ['compute/main', ['--parts', 'steps,nonsense'], '--parts names "nonsense": it may name steps, threads, '],
    ['compute/main', ['--models', 'x'], '--models names "x": it may name lenet, resnet8, wide-cnn, mlp'],
    ['compute/main', ['--slices', '0'], '--slices is "0": it must be a whole number from 1'],
    ['compute/main', ['--slcies', '1'], "unknown option '--slcies' (Did you mean --slices?)"],
    ['live', ['--engine', 'none'], '--engine is "none": it must be one of plan, tfjs'],
    ['live', ['--seconds', '-1'], '--seconds is "-1": it must be a number above 0'],
    ['engine', ['--policies', 'abs,none'], '--policies names "none": it may name abs, '],
    ['engine', ['--workers', '10,'], '--workers is "": it must be a whole number from 1'],
    ['transport', ['--messages', 'many'], '--messages is "many": it must be a whole number from 1'],
    ['transport', ['--workers', '1,x'], '--workers is "x": it must be a whole number from 1'],
  ] as const) {
    it(`${bench} refuses ${words.join(' ')}`, () => {
      const line = refusal(bench, ...words);
      assert.ok(line.startsWith(message), line);
    });
  }

  it('name a bench that there is', () => {
    const { status, stderr } = run('node scripts/bench.mjs nonsense');
    assert.deepEqual([status, stderr], [2, 'error: there is no bench "nonsense"\n']);
  });
});
