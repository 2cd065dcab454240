import assert from 'node:assert/strict';
import { renderFinalBlock } from '../../src/telemetry/final-block.js';
import { runPaths } from '../../src/telemetry/run-files.js';
import { visibleWidth } from '../../src/telemetry/styled-line.js';
import { createSummaryBuilder, type RunEnd } from '../../src/telemetry/summary.js';
import { fakeEvaluation, fakeRound, fakeUsed } from './fake-run.js';

const finished: RunEnd = {
  status: 'finished',
  reason: 'target accuracy 0.55 reached',
  weightsSha256: 'ab',
  wallSeconds: 130.2,
  discarded: 12,
  failures: 1,
};

function summaryOf(rounds: number, end: RunEnd) {
  const builder = createSummaryBuilder({ policy: 'abs', seed: 1, workers: 10, used: fakeUsed });
  for (let version = 1; version <= rounds; version++) {
    builder.round(fakeRound(version));
    if (version % 25 === 0) builder.evaluation(fakeEvaluation(version));
  }
  return builder.build(end);
}

const paths = runPaths('runs/r1');

describe('final block', () => {
  it('says what was reached and where it lies', () => {
    assert.deepEqual(renderFinalBlock(summaryOf(400, finished), paths).split('\n'), [
      '',
      '  finished   400 rounds in 2:10  target accuracy 0.55 reached',
      '  accuracy   58.21 % of 10,000 test examples · loss 0.3000',
      '  reached    30 % 0:23 · 35 % 0:31 · 45 % 0:47 · 50 % 1:02 · 55 % 1:33',
      '  trained on 384,000 samples · 2,949 a second',
      '  traffic    1,201 uploads · 1,610 downloads · 12 discarded',
      '  workers    10 · 44 restarts for staleness · 1 crash',
      '  model      runs/r1/model/model.json',
      '  run        runs/r1',
    ]);
  });

  it('gives the reason a line of its own where it does not fit, instead of cutting it', () => {
    const ended = { ...finished, reason: 'accuracy 0.5512 at version 400' };
    const [, title = '', reason] = renderFinalBlock(summaryOf(400, ended), paths, {
      timeUnit: 'virtual',
    }).split('\n');
    assert.match(title, /^  finished   400 rounds in .* of computing\)$/);
    assert.equal(reason, '  ended by   accuracy 0.5512 at version 400');
  });

  it('has a singular for what there is one of', () => {
    const counts = {
      rounds: 1,
      uploads: 1,
      downloads: 1,
      restarts: 1,
      evaluationSamples: 1,
      trainedSamples: 1,
    };
    const one = { ...summaryOf(25, finished), ...counts };
    const text = renderFinalBlock(one, paths);
    assert.match(text, /finished +1 round in /);
    assert.match(text, / of 1 test example · /);
    assert.match(text, /trained on 1 sample · /);
    assert.match(text, /1 upload · 1 download · /);
    assert.match(text, /1 restart for staleness · 1 crash$/m);
    const virtual = renderFinalBlock({ ...one, time: 1 }, paths, { timeUnit: 'virtual' });
    assert.match(virtual, /1 round in 1 unit of virtual time/);
  });

  it('says how far a run came that closed no round', () => {
    const counts = { communicationRounds: 2, communicationRoundsWithoutRestarts: 2, restarts: 0 };
    const end = {
      ...finished,
      status: 'failed',
      time: 0.25,
      failure: 'no round was closed in 0.25 time units: choose a longer time',
      counts: { ...counts, uploads: 2, downloads: 10 },
      discarded: 0,
      failures: 0,
    } as const;
    const lines = renderFinalBlock(summaryOf(0, end), paths, { timeUnit: 'virtual' }).split('\n');
    assert.equal(lines[1], '  failed     no round closed in 0.25 units of virtual time (2:10 of computing)');
    assert.match(lines[2] ?? '', /no round was closed in 0\.25 time units/);
    assert.equal(lines[3], '  traffic    2 uploads · 10 downloads');
    const live = renderFinalBlock(summaryOf(0, { ...end, time: 12 }), paths).split('\n');
    assert.equal(live[1], '  failed     no round closed in 2:10');
  });

  it('says that a run was stopped', () => {
    const text = renderFinalBlock(
      summaryOf(10, { ...finished, status: 'stopped', reason: 'interrupted', discarded: 0, failures: 0 }),
      paths,
    );
    assert.deepEqual(text.split('\n'), [
      '',
      '  stopped    10 rounds in 2:10  interrupted',
      '  loss       1.9167 in training, not evaluated',
      '  trained on 9,600 samples · 74 a second',
      '  traffic    31 uploads · 50 downloads',
      '  workers    10 · 1 restart for staleness',
      '  model      runs/r1/model/model.json',
      '  run        runs/r1',
    ]);
  });

  it('gives the whole error of a run that failed', () => {
    const failure = `round 3: the loss of worker 7 is NaN; ${'lower the learning rate '.repeat(5)}`.trim();
    const text = renderFinalBlock(
      summaryOf(0, { ...finished, status: 'failed', reason: 'non-finite', failure, wallSeconds: 1 }),
      paths,
    );
    assert.deepEqual(text.split('\n'), [
      '',
      '  failed     no round closed in 0:01',
      `  error      ${failure}`,
      '  run        runs/r1',
    ]);
  });

  it('tells virtual time from time', () => {
    const text = renderFinalBlock(summaryOf(400, finished), paths, { timeUnit: 'virtual' });
    assert.match(text, /400 rounds in 124 units of virtual time \(2:10 of computing\)/);
    assert.match(text, /30 % 23 units · .* · 55 % 93 units/);
  });

  it('fits narrow terminals but never cuts a path', () => {
    const long = runPaths(`runs/${'long-'.repeat(12)}id`);
    const lines = renderFinalBlock(summaryOf(400, finished), long, { width: 40, colour: true }).split('\n');
    for (const line of lines.slice(0, -2)) assert.ok(visibleWidth(line) <= 40, line);
    assert.match(lines.at(-1) ?? '', /long-id/);
    assert.match(lines.at(-2) ?? '', /long-id\/model\/model\.json/);
  });
});
