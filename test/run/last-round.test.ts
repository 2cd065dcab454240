import assert from 'node:assert/strict';
import { createLastRound } from '../../src/run/last-round.js';
import { createVirtualClock } from '../support/virtual-clock.js';

function bench(seconds: number, awaited: readonly number[] = [0, 3]) {
  const clock = createVirtualClock();
  const events: string[] = [];
  const limit = createLastRound({
    clock,
    stop: (when, reason) => events.push(`${clock.now()}: ${when}: ${reason}`),
    awaited: () => awaited,
    warn: (message) => events.push(`${clock.now()}: ${message}`),
  });
  clock.after(seconds, () => limit.begin(`${seconds} seconds`, 'the time is up'));
  return { clock, events, limit };
}

describe('last round', () => {
  it('ends the run after the open round', async () => {
    const { clock, events, limit } = bench(2);
    await clock.advance(3);
    limit.cancel();
    await clock.advance(100);
    assert.deepEqual(events, ['2: finish-round: 2 seconds']);
  });

  it('names who is awaited by a round that stays open, and ends the run without it', async () => {
    const { clock, events } = bench(2);
    await clock.advance(100);
    assert.deepEqual(events, [
      '2: finish-round: 2 seconds',
      '7: the time is up, and round 1 is still open; it waits for workers 0, 3: the run ends without it in 5 s',
      '12: now: 2 seconds, round 1 did not close',
    ]);
    assert.equal(clock.pending(), 0);
  });

  it('gives the round twice the time of the longest one', async () => {
    const { clock, events, limit } = bench(60, [0, 1, 2, 3, 4, 5, 6]);
    for (const time of [5, 35, 40]) limit.roundClosed(time);
    await clock.advance(200);
    assert.deepEqual(events, [
      '60: finish-round: 60 seconds',
      '90: the time is up, and round 4 is still open; it waits for workers 0, 1, 2, 3, 4 and 2 more: the run ends without it in 30 s',
      '120: now: 60 seconds, round 4 did not close',
    ]);
  });

  it('begins once', async () => {
    const { clock, events, limit } = bench(60);
    limit.begin('stopped by the user', 'the run is to stop');
    limit.begin('stopped by the user', 'the run is to stop');
    await clock.advance(6);
    limit.cancel();
    await clock.advance(100);
    assert.deepEqual(events, [
      '0: finish-round: stopped by the user',
      '5: the run is to stop, and round 1 is still open; it waits for workers 0, 3: the run ends without it in 5 s',
    ]);
  });

  it('does nothing once it is cancelled', async () => {
    const { clock, events, limit } = bench(2);
    limit.begin('2 seconds', 'the time is up');
    events.length = 0;
    limit.cancel();
    limit.begin('stopped by the user', 'the run is to stop');
    await clock.advance(100);
    assert.deepEqual(events, []);
    assert.equal(clock.pending(), 0);
  });
});
