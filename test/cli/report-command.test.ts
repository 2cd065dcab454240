/** `stalewart report` as a user calls it: what it prints, and its exit codes. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storeRun, temporaryFolder } from '../report/stored-run.js';
import { runCli } from './run-cli.js';

describe('stalewart report', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let run = '';
  before(async () => {
    folder = await temporaryFolder();
    run = join(folder.path, 'run');
    await storeRun(run);
  });
  after(() => folder.remove());

  it('names the page that it wrote', async () => {
    const page = join(run, 'report.html');
    assert.deepEqual(await runCli(['report', run]), {
      exitCode: 0,
      stdout: `${page}: 10 figures, also in figures/ beside it\n`,
      stderr: '',
    });
  });

  it('prints what was written as JSON, and what is missing on standard error', async () => {
    const other = join(folder.path, 'other');
    await storeRun(other, { config: { seed: 2 } });
    await rm(join(other, 'summary.json'));
    const out = join(folder.path, 'out');
    const { exitCode, stdout, stderr } = await runCli(['report', run, other, '--out', out, '--json']);
    assert.equal(exitCode, 0);
    const written = JSON.parse(stdout) as { page: string; figures: unknown[] };
    assert.equal(written.page, join(out, 'report.html'));
    assert.equal(written.figures.length, 10);
    assert.match(stderr, /^note: other: no summary\.json: [^\n]+\n$/);
  });

  const cases: readonly [args: string, exitCode: number, line: string][] = [
    ['', 2, "missing required argument 'RUN'"],
    ['nowhere', 4, '"nowhere" is not there: give the folder of a run or of a comparison'],
    ['RUN --from soon', 2, '--from is "soon": it must be a time of at least 0'],
    ['RUN --from 3 --to 2', 2, '--to is 2: it must be more than --from, which is 3'],
    ['RUN --form 3', 2, "unknown option '--form' (Did you mean --from?)"],
  ];
  for (const [args, exitCode, line] of cases) {
    it(`report ${args}`, async () => {
      const given = args.split(' ').filter((arg) => arg !== '');
      const result = await runCli(['report', ...given.map((arg) => (arg === 'RUN' ? run : arg))]);
      assert.deepEqual(result, { exitCode, stdout: '', stderr: `error: ${line}\n` });
    });
  }
});
