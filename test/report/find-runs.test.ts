/** Which folders a report is made of. */
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StalewartError } from '../../src/errors.js';
import { findRuns } from '../../src/report/find-runs.js';
import { temporaryFolder } from './stored-run.js';

describe('runs of a report', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = (...names: string[]): string => join(folder.path, ...names);
  const makeRun = async (...names: string[]): Promise<void> => {
    await mkdir(at(...names), { recursive: true });
    await writeFile(at(...names, 'config.json'), '{}');
  };
  const namesOf = async (...paths: string[]): Promise<readonly string[]> =>
    (await findRuns(paths)).runs.map(({ name }) => name);

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('are the folders given, each once, in their order', async () => {
    await makeRun('b');
    await makeRun('a');
    await symlink(at('a'), at('link'));
    assert.deepEqual(await namesOf(at('b'), at('a'), at('link'), `${at('b')}/`), ['b', 'a']);
  });

  it('are those that comparison.json lists, in its order and with its names', async () => {
    await makeRun('cmp', 'x-2');
    await makeRun('cmp', 'x-1');
    await makeRun('cmp', 'not-listed');
    const runs = [
      { directory: 'x-1', name: 'x', policy: 'abs', seed: 1, status: 'finished', failure: null },
      { directory: 'x-2', status: 'stopped' },
      { directory: 'later', status: 'pending' },
      { directory: '../elsewhere' },
      { directory: null },
    ];
    await makeRun('elsewhere');
    await writeFile(at('cmp', 'comparison.json'), JSON.stringify({ status: 'unfinished', runs }));
    const found = await findRuns([at('cmp')]);
    assert.deepEqual(
      found.runs.map(({ name, series }) => [name, series]),
      [
        [join('cmp', 'x-1'), 'x'],
        [join('cmp', 'x-2'), null],
      ],
    );
    assert.deepEqual(found.notes, ['cmp: 3 of its 5 runs are not there (yet)']);
  });

  it('are the folders in a comparison without a list, in natural order', async () => {
    for (const name of ['abs-10', 'abs-2', 'asgd']) await makeRun('cmp', name);
    await makeRun('cmp', 'k-sync', 'seed-1');
    await mkdir(at('cmp', 'empty'));
    assert.deepEqual(
      await namesOf(at('cmp')),
      ['abs-2', 'abs-10', 'asgd', join('k-sync', 'seed-1')].map((name) => join('cmp', name)),
    );
  });

  for (const [what, text, told] of [
    ['cut off', '{"runs": [', /^comparison\.json of cmp is cut off or no JSON \(.*\): taken are the folders/],
    ['empty', '', /^comparison\.json of cmp is empty: taken are the folders beside it; remove it and give /],
    ['of another form', '{"policies": {}}', /^comparison\.json of cmp lists no runs: taken are the folders/],
  ] as const) {
    it(`are found beside a comparison.json that is ${what}`, async () => {
      await makeRun('cmp', 'abs-1');
      await writeFile(at('cmp', 'comparison.json'), text);
      const { runs, notes } = await findRuns([at('cmp')]);
      assert.deepEqual(
        runs.map(({ directory }) => directory),
        [at('cmp', 'abs-1')],
      );
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', told);
    });
  }

  it('must be there: exit code 4', async () => {
    await assert.rejects(findRuns([at('nowhere')]), (error) => {
      assert.ok(error instanceof StalewartError);
      assert.equal(error.exitCode, 4);
      assert.equal(
        error.message,
        `"${at('nowhere')}" is not there: give the folder of a run or of a comparison`,
      );
      return true;
    });
  });

  it('must be runs: exit code 2', async () => {
    await mkdir(at('empty'));
    await writeFile(at('file'), '');
    for (const path of [at('empty'), at('file')]) {
      await assert.rejects(findRuns([path]), (error) => {
        assert.ok(error instanceof StalewartError);
        assert.equal(error.exitCode, 2);
        assert.equal(error.message, `"${path}" is no run directory and holds none: it has no config.json`);
        return true;
      });
    }
  });
});
