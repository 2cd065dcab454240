/** The bench for computing tells what it can be asked, and what it cannot, before it measures anything. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../bench/compute/main.js', import.meta.url));

function bench(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });
}

describe('bench:compute', () => {
  it('explains itself', () => {
    const { status, stdout } = bench('--help');
    assert.equal(status, 0);
    for (const word of ['--parts', '--models', '--slices', '--python', 'wide-cnn', 'overhead']) {
      assert.ok(stdout.includes(word), `${word} is missing`);
    }
  });

  for (const [words, message] of [
    [['--parts', 'steps,nonsense'], '--parts names "nonsense": it may name steps, threads'],
    [['--models', 'alexnet'], '--models names "alexnet": it may name lenet, resnet8, wide-cnn, mlp'],
    [['--slices', '0'], '--slices is "0": it must be a whole number from 1'],
    [['--slcies', '1'], "Unknown option '--slcies'"],
  ] as const) {
    it(`refuses ${words.join(' ')}`, () => {
      const { status, stdout, stderr } = bench(...words);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.ok(stderr.startsWith(message), stderr.split('\n')[0]);
    });
  }
});
