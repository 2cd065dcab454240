/** The study's tables and verdicts: one slow series hides nothing of the others, and every verdict stands with its accuracy. */
import assert from 'node:assert/strict';
import { compareWith, type Measure, measures } from '../../bench/study/claims.js';
import { resultTables, sameRuns, stepsOfMost } from '../../bench/study/tables.js';
import type { ComparisonEntryRecord } from '../../src/telemetry/comparison-file.js';
import { comparisonEntry, reaching, spread } from '../telemetry/fake-comparison.js';

type Steps = Readonly<Record<string, readonly (number | null)[]>>;

/** An entry that needs the same number of everything. */
function entry(name: string, steps: Steps, changes: Partial<ComparisonEntryRecord> = {}) {
  const needed = reaching(steps);
  return comparisonEntry(name, {
    timeToAccuracy: needed,
    communicationToAccuracy: needed,
    communicationToAccuracyWithoutRestarts: needed,
    ...changes,
  });
}

const abs = entry('abs', { '0.30': [2, 4], '0.35': [6, 6], '0.40': [8, 10], '0.45': [20, null] });
const even = entry('k-async', { '0.30': [2, 6], '0.35': [5, 9], '0.40': [12, 14], '0.45': [18, 22] });
const slow = entry('local-sgd', { '0.30': [9, null], '0.35': [null, null], '0.40': [null, null] });

const [time] = measures;
const verdict = (entries: readonly ComparisonEntryRecord[], rival: string, measure: Measure = time) =>
  compareWith(entries, rival)?.verdict(measure);

describe('the tables of the study', () => {
  it('show the steps that most runs reached, and what the others lack', () => {
    const lines = resultTables([abs, even, slow]);
    const at = lines.findIndex((line) => line.startsWith('| time to '));
    assert.deepEqual(lines.slice(at, at + 5), [
      '| time to | 30 % | 35 % | 40 % |',
      '| --- | --- | --- | --- |',
      '| abs | 3.0 ± 1.4 | 6.0 ± 0.0 | 9.0 ± 1.4 |',
      '| k-async | 4.0 ± 2.8 | 7.0 ± 2.8 | 13.0 ± 1.4 |',
      '| local-sgd | 1 of 2 | – | – |',
    ]);
    assert.equal(lines.filter((line) => line.startsWith('| communication rounds')).length, 2);
  });

  it('leave a step out that only half of the runs reached', () => {
    assert.deepEqual(stepsOfMost([abs]), ['0.30', '0.35', '0.40']);
    assert.deepEqual(stepsOfMost([abs, slow]), ['0.30']);
    assert.deepEqual(stepsOfMost([slow]), []);
    assert.match(resultTables([slow]).join('\n'), /No accuracy step was reached by most runs/);
  });

  it('say of each rival what ABS needs, and to which accuracy', () => {
    const waits = new Map([
      ['abs', [2, 3] as const],
      ['k-async', [2, 2] as const],
    ]);
    const lines = resultTables([abs, even, slow], waits);
    assert.deepEqual(
      lines.slice(2, 5).map((line) => line.split(' | ').slice(3)),
      [
        ['2 to 3', '0', '–', '–', '–', '– |'],
        ['2', '0', '40 %', 'less', 'less', 'less |'],
        // Not every run of local-sgd reached anything: judged where every run of ABS got.
        ['–', '0', '40 %', 'less', 'less', 'less |'],
      ],
    );
    assert.equal(lines[2], '| abs | 55.0 ± 7.1 % | 60.0 ± 0.0 % | 2 to 3 | 0 | – | – | – | – |');
  });

  it('name the series that made the same runs', () => {
    const other = (name: string) => entry(name, { '0.30': [1, 2] }, { finalLoss: spread(0.5, 0.25) });
    assert.deepEqual(sameRuns([abs, other('ada-sync'), other('k-async')]), [['ada-sync', 'k-async']]);
    assert.match(
      resultTables([abs, other('ada-sync'), other('k-async')]).join('\n'),
      /\n\nada-sync and k-async made the same runs here\.$/,
    );
  });

  it('judge nothing where there is no ABS', () => {
    const [head = ''] = resultTables([even, slow]);
    assert.equal(head, '|  | final accuracy | best accuracy | K at the end | restarts |');
  });
});

describe('the verdicts of the study', () => {
  it('take every seed', () => {
    assert.equal(verdict([abs, even], 'k-async'), 'holds');
    assert.equal(verdict([entry('abs', { '0.30': [5, 7] }), even], 'k-async'), 'fails');
    assert.equal(verdict([entry('abs', { '0.30': [1, 7] }), even], 'k-async'), 'undecided');
    assert.equal(verdict([abs], 'k-async'), undefined);
  });

  it('are about what one of the two reached, where the other reached nothing with every seed', () => {
    assert.equal(compareWith([abs, slow], 'local-sgd')?.accuracy, '0.40');
    assert.equal(verdict([abs, slow], 'local-sgd'), 'holds');
    assert.equal(verdict([entry('abs', { '0.30': [9, null] }), even], 'k-async'), 'fails');
    assert.equal(compareWith([entry('abs', { '0.30': [9, null] }), slow], 'local-sgd'), null);
  });

  it('compare runs of the same seed where one of them failed', () => {
    const failed = { seeds: [2], finalAccuracy: spread(0.5) };
    // Its only run needs less than that of ABS with the same seed, more than that with the other.
    const rival = entry('k-sync', { '0.30': [3] }, failed);
    assert.equal(verdict([abs, rival], 'k-sync'), 'undecided');
    assert.equal(verdict([abs, entry('k-sync', { '0.30': [5] }, failed)], 'k-sync'), 'holds');
  });
});
