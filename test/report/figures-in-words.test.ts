/** Numbers of several runs as text. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { amount, overRuns } from '../../src/report/page/figures-in-words.js';

describe('numbers of several runs', () => {
  it('have the decimals of the mean, and none only where mean and deviation are both whole', () => {
    assert.equal(overRuns([10, 10, 10], amount), '10 ± 0');
    assert.equal(overRuns([1, 2, 3], amount), '2 ± 1');
    assert.equal(overRuns([1, 1, 4], amount), '2.00 ± 1.73');
    assert.equal(overRuns([1, 1, 3], amount), '1.67 ± 1.15');
    assert.equal(overRuns([20, 40, 30.5], amount), '30.2 ± 10.0');
  });

  it('say how many runs have one, and stand alone where there is one run', () => {
    assert.equal(overRuns([1, null, 3], amount), '2 of 3');
    assert.equal(overRuns([null], amount), '–');
    assert.equal(overRuns([2.5], amount), '2.50');
  });
});
