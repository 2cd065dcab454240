import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { spreadOf } from '../../src/telemetry/spread.js';

describe('spreadOf', () => {
  it('has the mean and the sample standard deviation', () => {
    // Squares of the differences from 5: 9, 1, 1, 1, 0, 0, 4, 16, which are 32; over 7.
    const { mean, sd, min, max } = spreadOf([2, 4, 4, 4, 5, 5, 7, 9]);
    assert.deepEqual([mean, min, max], [5, 2, 9]);
    assert.ok(Math.abs((sd ?? 0) - Math.sqrt(32 / 7)) < 1e-12);
  });

  it('has no deviation of one value, and nothing of none', () => {
    assert.deepEqual(spreadOf([3]), { mean: 3, sd: null, min: 3, max: 3, values: [3] });
    assert.deepEqual(spreadOf([]), { mean: null, sd: null, min: null, max: null, values: [] });
  });

  it('has no mean where one run has no value', () => {
    const values = [3, null, 5];
    assert.deepEqual(spreadOf(values), { mean: null, sd: null, min: null, max: null, values });
  });
});
