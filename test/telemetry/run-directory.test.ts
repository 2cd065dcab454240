import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { StalewartError } from '../../src/errors.js';
import { createRunDirectory } from '../../src/telemetry/run-directory.js';
import { createSummaryBuilder } from '../../src/telemetry/summary.js';
import { fakeEvaluation, fakeRound, fakeSteps, fakeUsed } from './fake-run.js';

const isOutputError =
  (pattern: RegExp, code = 'OUTPUT', exitCode = 2) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof StalewartError);
    assert.equal(error.code, code);
    assert.equal(error.exitCode, exitCode);
    assert.equal(error.message.includes('\n'), false);
    assert.match(error.message, pattern);
    return true;
  };

const summary = createSummaryBuilder({ policy: 'abs', seed: 1, workers: 10, used: fakeUsed }).build({
  status: 'stopped',
  reason: 'asked to',
  weightsSha256: null,
  wallSeconds: 1,
  discarded: 0,
});

describe('run directory', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'stalewart-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('makes the folder and the files of the contract', async () => {
    const directory = join(root, 'deep', 'er');
    const run = await createRunDirectory(directory, { runId: 'r1' });
    await run.writeConfig({ policy: 'abs', seed: 7, a: Number.POSITIVE_INFINITY });
    for (const step of fakeSteps({ workers: 2, waitCount: 1, maxStaleness: 3, updates: 5 })) {
      await run.journal.append(step);
    }
    await run.rounds(fakeRound(1));
    await run.evaluation(fakeEvaluation(1));
    await run.log('{"level":"info"}');
    await run.writeSummary(summary);
    await run.close();
    assert.deepEqual((await readdir(directory)).sort(), [
      'config.json',
      'evaluations.csv',
      'journal.jsonl',
      'log.jsonl',
      'rounds.csv',
      'summary.json',
    ]);
    assert.equal(run.modelDirectory, join(directory, 'model'));
    assert.equal((await readFile(run.paths.journal, 'utf8')).split('\n').length, 1 + 2 + 5 + 1);
    assert.match(await readFile(run.paths.rounds, 'utf8'), /^version,time,.*\n1,0.31,3,.*\n$/);
    assert.match(await readFile(run.paths.evaluations, 'utf8'), /^version,time,.*\n1,0.31,4,.*\n$/);
    assert.equal(await readFile(run.paths.log, 'utf8'), '{"level":"info"}\n');
    assert.deepEqual(JSON.parse(await readFile(run.paths.summary, 'utf8')), summary);
  });

  it('writes the configuration with run id, seed and versions', async () => {
    const run = await createRunDirectory(join(root, 'run'), { runId: 'r1' });
    await run.writeConfig({ policy: 'abs', seed: 7, a: Number.POSITIVE_INFINITY });
    await run.close();
    const config = JSON.parse(await readFile(run.paths.config, 'utf8'));
    const manifest = JSON.parse(await readFile('package.json', 'utf8'));
    assert.deepEqual(
      { runId: config.runId, policy: config.policy, seed: config.seed, a: config.a },
      { runId: 'r1', policy: 'abs', seed: 7, a: 'Infinity' },
    );
    assert.equal(config.versions.stalewart, manifest.version);
    assert.equal(config.versions.node, process.versions.node);
    assert.match(config.versions.tfjs, /^\d+\.\d+\.\d+/);
  });

  it('takes runs/<id> in the working folder when no folder is given', async () => {
    const before = process.cwd();
    process.chdir(root);
    try {
      const run = await createRunDirectory(undefined, { runId: 'r1' });
      await run.close();
      assert.equal(run.paths.directory, join('runs', 'r1'));
      assert.ok(existsSync(join(root, 'runs', 'r1', 'journal.jsonl')));
    } finally {
      process.chdir(before);
    }
  });

  it('takes a folder that holds other things', async () => {
    await writeFile(join(root, 'notes.txt'), 'mine');
    const run = await createRunDirectory(root, { runId: 'r1' });
    await run.close();
    assert.equal(await readFile(join(root, 'notes.txt'), 'utf8'), 'mine');
  });

  for (const name of ['config.json', 'journal.jsonl', 'summary.json', 'rounds.csv']) {
    it(`refuses a folder with ${name} in it, and touches nothing`, async () => {
      await writeFile(join(root, name), 'old');
      await assert.rejects(
        createRunDirectory(root, { runId: 'r1' }),
        isOutputError(new RegExp(`^out is ".*": it already holds a run \\(${name}\\); choose another`)),
      );
      assert.deepEqual(await readdir(root), [name]);
      assert.equal(await readFile(join(root, name), 'utf8'), 'old');
    });
  }

  it('refuses a folder with a model or checkpoints in it', async () => {
    await mkdir(join(root, 'model'));
    await assert.rejects(createRunDirectory(root, { runId: 'r1' }), isOutputError(/holds a run \(model\)/));
  });

  it('gives a folder to only one of two runs that start at once', async () => {
    const directory = join(root, 'run');
    const outcomes = await Promise.allSettled([
      createRunDirectory(directory, { runId: 'r1' }),
      createRunDirectory(directory, { runId: 'r2' }),
    ]);
    const [won] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const [lost] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    assert.ok(won !== undefined);
    isOutputError(/already holds a run|works in it/)(lost);
    await won.close();
    assert.match(await readFile(won.paths.journal, 'utf8'), new RegExp(`"run":"${won.runId}"`));
    assert.match(await readFile(won.paths.rounds, 'utf8'), /^version/);
  });

  it('refuses a path that leads through a file', async () => {
    await writeFile(join(root, 'file'), '');
    await assert.rejects(
      createRunDirectory(join(root, 'file', 'run'), { runId: 'r1' }),
      isOutputError(/^out is ".*run": it cannot be written \(ENOTDIR/),
    );
    await assert.rejects(
      createRunDirectory(join(root, 'file'), { runId: 'r1' }),
      isOutputError(/it cannot be written \(ENOTDIR/),
    );
  });

  it('refuses a path that leads through a dangling link', async () => {
    await symlink(join(root, 'nowhere'), join(root, 'link'));
    await assert.rejects(
      createRunDirectory(join(root, 'link', 'run'), { runId: 'r1' }),
      isOutputError(/it cannot be written \(EEXIST/),
    );
  });

  it('refuses a folder in which no file can be made, and leaves no trace', async () => {
    const createFile = (path: string): Promise<Writable> =>
      Promise.reject(
        Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: 'EACCES' }),
      );
    await assert.rejects(
      createRunDirectory(join(root, 'a', 'b'), { runId: 'r1', createFile }),
      isOutputError(/it cannot be written \(EACCES/),
    );
    assert.deepEqual(await readdir(root), []);
  });

  it('reports a disk that fills up on errors$, once for each file', async () => {
    const createFile = async (path: string): Promise<Writable> =>
      new Writable({
        write(_chunk, _encoding, done) {
          const full = path.endsWith('rounds.csv') ? new Error('ENOSPC: no space left on device') : null;
          done(full);
        },
      });
    const run = await createRunDirectory(join(root, 'run'), { runId: 'r1', createFile });
    await run.rounds(fakeRound(1));
    await run.rounds(fakeRound(2));
    await run.evaluation(fakeEvaluation(1));
    await run.close();
    const errors: StalewartError[] = [];
    run.errors$.subscribe((error) => errors.push(error));
    assert.equal(errors.length, 1);
    isOutputError(/rounds\.csv can no longer be written \(ENOSPC.*free the disk/, 'WRITE', 1)(errors[0]);
  });

  it('rejects a summary that cannot be written', async () => {
    const run = await createRunDirectory(join(root, 'run'), { runId: 'r1' });
    await run.close();
    await rm(run.paths.directory, { recursive: true });
    await assert.rejects(
      run.writeSummary(summary),
      isOutputError(/summary\.json can no longer be written/, 'WRITE', 1),
    );
  });

  it('may be closed twice, and takes lines after that without complaint', async () => {
    const run = await createRunDirectory(join(root, 'run'), { runId: 'r1' });
    await Promise.all([run.close(), run.close()]);
    await run.rounds(fakeRound(1));
    assert.equal((await readFile(run.paths.rounds, 'utf8')).split('\n').length, 2);
  });

  it('removes what it made when the run is abandoned before its first event', async () => {
    const run = await createRunDirectory(join(root, 'runs', 'r1'), { runId: 'r1' });
    await run.writeConfig({ seed: 1 });
    await run.abandon();
    assert.deepEqual(await readdir(root), []);
  });

  it('keeps what was there before when the run is abandoned', async () => {
    await writeFile(join(root, 'notes.txt'), 'mine');
    const run = await createRunDirectory(root, { runId: 'r1' });
    await run.abandon();
    assert.deepEqual(await readdir(root), ['notes.txt']);
  });

  it('keeps everything when a run with events is abandoned', async () => {
    const run = await createRunDirectory(join(root, 'run'), { runId: 'r1' });
    const [step] = fakeSteps({ workers: 1, waitCount: 1, maxStaleness: 3, updates: 1 });
    assert.ok(step !== undefined);
    await run.journal.append(step);
    await run.abandon();
    assert.ok((await readdir(run.paths.directory)).includes('journal.jsonl'));
  });
});
