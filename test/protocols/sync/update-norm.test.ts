/** Updates longer than the run allows: refused, named, and the end of a run that gets nothing else. */
import assert from 'node:assert/strict';
import { isTooLong, judgeTooLong } from '../../../protocols/sync/update-norm.js';
import type { UpdateArrived } from '../../../protocols/sync/events.js';

const arrived: UpdateArrived = {
  type: 'update-arrived',
  time: 1,
  updateId: '3.1.1',
  worker: 3,
  incarnation: 1,
  attempt: 1,
  baseVersion: 0,
  steps: 1,
  samples: 1,
  loss: 1,
  firstLoss: 1,
  finite: true,
};

describe('the bound on the norm of updates', () => {
  it('refuses what is longer, not what is as long', () => {
    assert.equal(isTooLong({ ...arrived, norm: 2 }, 2), false);
    assert.equal(isTooLong({ ...arrived, norm: 2.0001 }, 2), true);
    assert.equal(isTooLong({ ...arrived, norm: 1e9 }, null), false);
    assert.equal(isTooLong(arrived, 2), false);
  });

  it('names round, worker, length and bound, and goes on until nothing else comes', () => {
    const update = { ...arrived, norm: 12.3456789 };
    const inputs = { round: 5, available: 20, maxUpdateNorm: 2 };
    assert.deepEqual(judgeTooLong(update, { ...inputs, inRow: 199 }), {
      goesOn: true,
      detail: 'round 5, worker 3: the norm of its delta is 12.3457, at most 2 is allowed',
    });
    const last = judgeTooLong(update, { ...inputs, inRow: 200 });
    assert.equal(last.goesOn, false);
    assert.match(last.detail, /\(200 updates in a row were refused\)$/);
  });
});
