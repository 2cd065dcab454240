/** The server's timers: one for the round, one for each worker's task, the newest of its kind in force. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Deadlines } from '../../actors/server/deadlines.js';
import { createVirtualClock } from '../support/virtual-clock.js';

function bench() {
  const clock = createVirtualClock();
  const deadlines = new Deadlines();
  const passed: string[] = [];
  const set = (deadline: string, seconds: number): void =>
    deadlines.set(
      deadline,
      clock.after(seconds, () => passed.push(deadline)),
    );
  return { clock, deadlines, passed, set };
}

describe('Deadlines', () => {
  it('lets the next one of a kind take the place of the one before', async () => {
    const { clock, passed, set } = bench();
    set('round:6', 1);
    set('round:7', 2);
    set('task:3:11', 1);
    set('task:3:12', 3);
    await clock.advance(10);
    assert.deepEqual(passed, ['round:7', 'task:3:12']);
  });

  it('keeps those of other workers, and that of the round, as they are', async () => {
    const { clock, passed, set } = bench();
    set('round:0', 4);
    set('task:1:1', 1);
    set('task:11:1', 2);
    set('task:0:1', 3);
    assert.equal(clock.pending(), 4);
    await clock.advance(10);
    assert.deepEqual(passed, ['task:1:1', 'task:11:1', 'task:0:1', 'round:0']);
  });

  it('leaves no timer behind when the run is over', async () => {
    const { clock, deadlines, passed, set } = bench();
    set('round:0', 1);
    set('task:0:1', 1);
    deadlines.clear();
    assert.equal(clock.pending(), 0);
    set('task:0:2', 1);
    await clock.advance(2);
    assert.deepEqual(passed, ['task:0:2'], 'another may be set');
  });
});
