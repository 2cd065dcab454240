import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { renderComparisonTable } from '../../src/cli/comparison-table.js';
import type { ComparisonEntryRecord, ComparisonRecord } from '../../src/telemetry/comparison-file.js';
import { comparisonEntry as entry, reaching, spread } from '../telemetry/fake-comparison.js';

const table = (...entries: ComparisonEntryRecord[]) => {
  const record: ComparisonRecord = {
    status: 'finished',
    settings: {},
    seeds: [1, 2],
    entries,
    runs: [],
    stalewart: '1',
  };
  return renderComparisonTable(record, { colour: false, none: '–' });
};

/** Cells of a row, which two blanks or more part. */
const cells = (text: string, name: string) =>
  text
    .split('\n')
    .find((line) => line.trim().startsWith(`${name} `))
    ?.trim()
    .split(/ {2,}/);

describe('the table of a comparison', () => {
  it('has accuracy with its spread, times, and communication both ways to what all have reached', () => {
    const slow = { timeToAccuracy: reaching({ '0.30': [5, 6], '0.35': [null, 20] }) };
    const text = table(entry('abs'), entry('slow', slow));
    // Standard deviation of 50 and 60: √50. Means of each two.
    assert.deepEqual(cells(text, 'abs'), ['abs', '2', '55.0 % ± 7.1', '3.5', '8.5', '350', '35', '0']);
    assert.deepEqual(cells(text, 'slow'), ['slow', '2', '55.0 % ± 7.1', '5.5', '1 of 2', '350', '35', '0']);
    assert.match(text, /communication/);
    assert.match(text, /to 30 %/);
  });

  it('counts all communication where no accuracy was reached by all', () => {
    const none = { timeToAccuracy: reaching({ '0.30': [null, null] }) };
    assert.deepEqual(cells(table(entry('abs', none)), 'abs'), [
      'abs',
      '2',
      '55.0 % ± 7.1',
      '2,001',
      '10',
      '0',
    ]);
  });

  it('has no column of accuracy where nothing was trained', () => {
    const text = table(entry('abs', { finalAccuracy: spread(null, null) }));
    assert.deepEqual(cells(text, 'abs'), ['abs', '2', '10', '0', '2,001', '10']);
    assert.doesNotMatch(text, /accuracy/);
  });

  it('has lines of one width, and none for an entry without a finished run', () => {
    const text = table(entry('abs'), entry('a-longer-name'), entry('failed', { seeds: [] }));
    assert.doesNotMatch(text, /failed/);
    const widths = new Set(
      text
        .split('\n')
        .slice(3)
        .map((line) => line.length),
    );
    assert.equal(widths.size, 1);
    assert.equal(table(), '');
  });
});
