import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { untrainedRanges } from '../../src/compute/untrained.js';

const weight = (shape: readonly number[], trainable: boolean) => ({ shape, trainable });

describe('weights that no gradient moves', () => {
  it('are ranges of the flat vector, neighbours together', () => {
    const weights = [
      weight([2, 3], true),
      weight([3], false),
      weight([4], false),
      weight([], true),
      weight([5], false),
    ];
    assert.deepEqual(untrainedRanges(weights), [
      [6, 13],
      [14, 19],
    ]);
  });

  it('may be none, or all', () => {
    assert.deepEqual(untrainedRanges([weight([7], true)]), []);
    assert.deepEqual(untrainedRanges([weight([7], false), weight([2], false)]), [[0, 9]]);
    assert.deepEqual(untrainedRanges([]), []);
  });
});
