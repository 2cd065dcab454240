/** The example of the kernels as a user has it: a folder of its own, the packages found by their names. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const example = join(root, 'examples', 'fine-tune-cnn.mjs');

describe('the example of the training kernels', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-example-'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules', 'stalewart'), 'dir');
    await symlink(
      join(root, 'node_modules', '@tensorflow'),
      join(folder, 'node_modules', '@tensorflow'),
      'dir',
    );
    await copyFile(example, join(folder, 'program.mjs'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('learns both tasks: the losses that it prints fall', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: folder });
    assert.equal(stderr, '');
    const lines = stdout.trim().split('\n');
    assert.deepEqual(
      lines.map((line) => line.split(':')[0]),
      ['which column', 'left or right'],
    );
    for (const line of lines) {
      const losses = (line.split(': ')[1] ?? '').split(' ').map(Number);
      const [first = Number.NaN, last = Number.NaN] = [losses[0], losses.at(-1)];
      assert.equal(losses.length, 5);
      assert.ok(last < first / 2, line);
    }
  });

  it('is the one that docs/wasm-training.md shows', async () => {
    const [code, docs] = await Promise.all(
      [example, join(root, 'docs', 'wasm-training.md')].map((file) => readFile(file, 'utf8')),
    );
    assert.ok(code && docs?.includes(`\`\`\`js\n${code}\`\`\``), 'docs/wasm-training.md shows another');
  });
});
