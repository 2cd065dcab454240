import assert from 'node:assert/strict';
import { systemClock, type Timers } from '../../src/clock/clock.js';

/** Timers that fire when the test says so. */
function fakeTimers() {
  const asked: number[] = [];
  let pending: (() => void) | null = null;
  const timers: Timers = {
    setTimeout(callback, milliseconds) {
      asked.push(milliseconds);
      pending = callback;
      return asked.length;
    },
    clearTimeout(handle) {
      if (handle === asked.length) pending = null;
    },
  };
  const fire = (): void => {
    const callback = pending;
    pending = null;
    callback?.();
  };
  return { timers, asked, fire, isSet: () => pending !== null };
}

describe('systemClock', () => {
  const longest = 2 ** 31 - 1;

  it('waits in steps where one timer cannot hold the time', () => {
    const { timers, asked, fire } = fakeTimers();
    let fired = 0;
    systemClock(timers).after(5_000_000, () => {
      fired += 1;
    });
    fire();
    fire();
    assert.equal(fired, 0);
    fire();
    assert.equal(fired, 1);
    assert.deepEqual(asked, [longest, longest, 5_000_000_000 - 2 * longest]);
  });

  it('cancels the step that is under way', () => {
    const { timers, fire, isSet } = fakeTimers();
    const cancel = systemClock(timers).after(5_000_000, () => assert.fail('it fired'));
    fire();
    assert.equal(isSet(), true);
    cancel();
    assert.equal(isSet(), false);
    fire();
  });

  it('sets one timer for shorter times, and none below 0', () => {
    const { timers, asked } = fakeTimers();
    const clock = systemClock(timers);
    clock.after(longest / 1000, () => undefined);
    clock.after(-1, () => undefined);
    assert.deepEqual(asked, [longest, 0]);
  });

  it('goes forward only, and fires on real timers', async () => {
    const clock = systemClock();
    const before = clock.now();
    await new Promise<void>((resolve) => clock.after(0, resolve));
    assert.ok(clock.now() >= before);
  });
});
