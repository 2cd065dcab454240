import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineStep } from '../../protocols/sync/events.js';
import { StalewartError } from '../../src/errors.js';
import { readRun } from '../../src/telemetry/read-run.js';
import { createRunDirectory, type RunDirectory } from '../../src/telemetry/run-directory.js';
import { createSummaryBuilder } from '../../src/telemetry/summary.js';
import { fakeEvaluation, fakeRound, fakeRoundRow, fakeSteps, fakeUsed } from './fake-run.js';

async function collect(steps: AsyncIterable<EngineStep>): Promise<EngineStep[]> {
  const all: EngineStep[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

const outputError = (pattern: RegExp) => (error: unknown) =>
  error instanceof StalewartError && error.code === 'OUTPUT' && pattern.test(error.message);

describe('reading a run', () => {
  let root: string;
  let run: RunDirectory;
  const steps = fakeSteps({ workers: 4, waitCount: 2, maxStaleness: 3, updates: 60 });
  const rows = [
    fakeRoundRow(1, { maxStaleness: null }),
    fakeRoundRow(2, { loss: Number.NaN }),
    fakeRoundRow(3),
  ];
  const rounds = rows.map((row) => fakeRound(row.version, row));

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'stalewart-'));
    run = await createRunDirectory(join(root, 'run'), { runId: 'r1' });
    await run.writeConfig({ policy: 'abs', a: Number.POSITIVE_INFINITY });
    for (const step of steps) await run.journal.append(step);
    for (const round of rounds) await run.rounds(round);
    await run.evaluation(fakeEvaluation(3));
  });
  afterEach(async () => {
    await run.close();
    await rm(root, { recursive: true, force: true });
  });

  it('gives back what was written', async () => {
    const builder = createSummaryBuilder({ policy: 'abs', seed: 1, workers: 4, used: fakeUsed });
    for (const round of rounds) builder.round(round);
    builder.evaluation(fakeEvaluation(3));
    const summary = builder.build({
      status: 'finished',
      reason: 'all rounds done',
      weightsSha256: 'ab',
      wallSeconds: 2,
      discarded: 1,
    });
    await run.writeSummary(summary);
    await run.close();
    const stored = await readRun(run.paths.directory);
    assert.equal(stored.config.runId, 'r1');
    assert.equal(stored.config.a, Number.POSITIVE_INFINITY);
    assert.deepStrictEqual(stored.rounds, rows);
    assert.deepStrictEqual(
      stored.evaluations.map((row) => ({ ...row, samples: 10_000 })),
      [fakeEvaluation(3)],
    );
    assert.deepStrictEqual(stored.summary, summary);
    assert.deepStrictEqual(await collect(stored.journal()), steps);
    assert.deepStrictEqual(await collect(stored.journal()), steps);
  });

  it('passes over last lines that were cut off by a kill', async () => {
    await run.close();
    for (const file of [run.paths.journal, run.paths.rounds, run.paths.evaluations]) {
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.slice(0, -3));
    }
    const stored = await readRun(run.paths.directory);
    assert.equal(stored.summary, null);
    assert.equal(stored.rounds.length, 2);
    assert.equal(stored.evaluations.length, 0);
    assert.deepStrictEqual(await collect(stored.journal()), steps.slice(0, -1));
  });

  it('names file and line of what is damaged', async () => {
    await run.close();
    await appendFile(run.paths.journal, '{"event":{"type":"surprise"}}\n');
    await appendFile(run.paths.rounds, '4,1,2\n');
    await assert.rejects(
      readRun(run.paths.directory),
      outputError(/rounds\.csv, line 5 is damaged: .*3 columns/),
    );
    await writeFile(run.paths.rounds, '');
    const stored = await readRun(run.paths.directory);
    assert.deepEqual(stored.rounds, []);
    await assert.rejects(
      collect(stored.journal()),
      outputError(new RegExp(`journal\\.jsonl, line ${steps.length + 2} is damaged`)),
    );
  });

  it('refuses other columns and a summary that is none', async () => {
    await run.close();
    await writeFile(run.paths.rounds, 'version,time\n');
    await assert.rejects(readRun(run.paths.directory), outputError(/its columns are "version,time"/));
    await writeFile(run.paths.rounds, '');
    await writeFile(run.paths.summary, '{"policy":"abs"}');
    await assert.rejects(readRun(run.paths.directory), outputError(/summary\.json is damaged/));
  });

  it('refuses a folder that is no run, and one that is not there', async () => {
    await assert.rejects(readRun(root), outputError(/is no run directory: it has no config\.json/));
    await assert.rejects(readRun(join(root, 'nowhere')), outputError(/is no run directory/));
  });
});
