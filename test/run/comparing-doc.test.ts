/** docs/comparing.md: its example runs, its job stands, and its tables name what there is. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readConfigFile } from '../../src/config/config-file.js';
import { resolveCompareOptions } from '../../src/run/compare-options.js';
import { comparisonSchema } from '../../src/telemetry/comparison-file.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('docs/comparing.md', () => {
  let text = '';
  let folder = '';
  before(async () => {
    text = await readFile(join(root, 'docs', 'comparing.md'), 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'stalewart-comparing-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const block = (language: string) =>
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? '';

  it('has an example that runs', async () => {
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules', 'stalewart'), 'dir');
    await writeFile(join(folder, 'program.mjs'), block('js'));
    const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: folder });
    const lines = stdout.trim().split('\n');
    assert.deepEqual(
      lines.slice(0, 6).map((line) => line.replace(/ [\d.]+$/, '')),
      ['abs 1', 'k-async 1', 'abs-a8 1', 'abs 2', 'k-async 2', 'abs-a8 2'],
    );
    assert.equal(lines.length, 9);
    for (const line of lines.slice(6)) assert.match(line, /^(abs|k-async|abs-a8) 0\.\d+ 0(\.\d+)?$/);
  });

  it('has a job of which every setting is used', async () => {
    const file = join(folder, 'job.yaml');
    await writeFile(file, block('yaml'));
    const { entries, seeds, warnings } = resolveCompareOptions(readConfigFile(file).values);
    assert.deepEqual([entries.length, seeds, warnings], [5, [1, 2, 3], []]);
  });

  it('names every field of comparison.json', () => {
    const { shape } = comparisonSchema;
    const fields = [
      ...Object.keys(shape),
      ...Object.keys(shape.entries.element.shape),
      ...Object.keys(shape.runs.element.shape),
    ];
    for (const field of fields) assert.match(text, new RegExp(`^\\|.*\`${field}\``, 'm'), field);
  });
});
