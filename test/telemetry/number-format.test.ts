import assert from 'node:assert/strict';
import {
  formatCount,
  formatDuration,
  formatLoss,
  formatPercent,
  formatSeconds,
} from '../../src/telemetry/number-format.js';

describe('number format', () => {
  it('groups counts', () => {
    assert.deepEqual([0, 999, 7412.4, 1234567, Number.NaN].map(formatCount), [
      '0',
      '999',
      '7,412',
      '1,234,567',
      'NaN',
    ]);
  });

  it('shows durations as minutes or hours', () => {
    assert.deepEqual([0, 41.6, 59.6, 725, 3600, 36061].map(formatDuration), [
      '0:00',
      '0:42',
      '1:00',
      '12:05',
      '1:00:00',
      '10:01:01',
    ]);
    assert.equal(formatDuration(Number.POSITIVE_INFINITY), '–');
    assert.equal(formatDuration(-1), '0:00');
  });

  it('never rounds a share up', () => {
    assert.equal(formatPercent(0.5499), '54.9 %');
    assert.equal(formatPercent(0.55), '55.0 %');
    assert.equal(formatPercent(0.57), '57.0 %');
    assert.equal(formatPercent(0.29, 0), '29 %');
    assert.equal(formatPercent(1), '100.0 %');
    assert.equal(formatPercent(0.99999, 0), '99 %');
    assert.equal(formatPercent(Number.NaN), 'NaN');
  });

  it('shows losses of any size in a few characters', () => {
    assert.deepEqual(
      [0, 2.30259, 0.0012, 152.09, 0.00001234, 1e9, Number.NaN, Number.NEGATIVE_INFINITY].map(formatLoss),
      ['0.0000', '2.3026', '0.0012', '152.1', '1.23e-5', '1.00e+9', 'NaN', '-Infinity'],
    );
  });

  it('shows task times', () => {
    assert.deepEqual([0.416, 12.34, 1234.5].map(formatSeconds), ['0.42', '12.3', '1,235']);
  });
});
