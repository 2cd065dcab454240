import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { evaluateByTime } from '../../src/run/evaluate-by-time.js';
import { createVirtualClock } from '../support/virtual-clock.js';

describe('evaluateByTime', () => {
  it('tells the marks from now on, until it is ended', async () => {
    const clock = createVirtualClock(0.7);
    const marks: number[] = [];
    const end = evaluateByTime(0.5, clock, (mark) => marks.push(mark));
    await clock.advance(1.3);
    assert.deepEqual(marks, [1, 1.5, 2]);
    end();
    await clock.advance(5);
    assert.deepEqual(marks, [1, 1.5, 2]);
    assert.equal(clock.pending(), 0);
  });

  it('sets no timer where there are no marks', () => {
    const clock = createVirtualClock();
    evaluateByTime(null, clock, () => assert.fail('there is none'))();
    assert.equal(clock.pending(), 0);
  });
});
