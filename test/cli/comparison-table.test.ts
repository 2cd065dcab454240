import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { renderComparisonTable } from '../../src/cli/comparison-table.js';
import type { ComparisonEntryRecord, ComparisonRecord } from '../../src/telemetry/comparison-file.js';
import { spreadOf } from '../../src/telemetry/spread.js';

const spread = (...values: (number | null)[]) => {
  const { values: _, ...rest } = spreadOf(values);
  return { ...rest, values };
};
const reaching = (steps: Readonly<Record<string, readonly (number | null)[]>>) =>
  Object.fromEntries(
    Object.entries(steps).map(([step, values]) => {
      const { mean, sd } = spreadOf(values);
      return [
        step,
        { mean, sd, reached: values.filter((value) => value !== null).length, values: [...values] },
      ];
    }),
  );

function entry(name: string, changes: Partial<ComparisonEntryRecord> = {}): ComparisonEntryRecord {
  const ten = spread(10, 10);
  return {
    name,
    policy: name,
    settings: {},
    seeds: [1, 2],
    finalAccuracy: spread(0.5, 0.6),
    bestAccuracy: spread(0.6, 0.6),
    finalLoss: ten,
    rounds: ten,
    time: ten,
    uploads: ten,
    downloads: ten,
    restarts: spread(0, 0),
    discarded: ten,
    communicationRounds: spread(2000, 2001),
    communicationRoundsWithoutRestarts: ten,
    timeToAccuracy: reaching({ '0.30': [3, 4], '0.35': [8, 9], '0.40': [11, null], '0.45': [null, null] }),
    communicationToAccuracy: reaching({ '0.30': [300, 400], '0.35': [800, 900] }),
    communicationToAccuracyWithoutRestarts: reaching({ '0.30': [30, 40], '0.35': [80, 90] }),
    ...changes,
  };
}

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
