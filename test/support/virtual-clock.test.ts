import assert from 'node:assert/strict';
import { createVirtualClock } from './virtual-clock.js';

describe('virtual clock', () => {
  it('fires timers in the order of their times, equals in the order they were set', async () => {
    const clock = createVirtualClock();
    const fired: string[] = [];
    clock.after(2, () => fired.push(`late ${clock.now()}`));
    clock.after(1, () => fired.push(`first ${clock.now()}`));
    clock.after(1, () => fired.push(`second ${clock.now()}`));
    await clock.advance(3);
    assert.deepEqual(fired, ['first 1', 'second 1', 'late 2']);
    assert.equal(clock.now(), 3);
  });

  it('never calls back synchronously, and fires a timer of 0 seconds without time passing', async () => {
    const clock = createVirtualClock();
    let fired = false;
    clock.after(0, () => {
      fired = true;
    });
    assert.equal(fired, false);
    await clock.advance(0);
    assert.equal(fired, true);
    assert.equal(clock.now(), 0);
  });

  it('does not fire what was cancelled, or lies ahead', async () => {
    const clock = createVirtualClock();
    const cancel = clock.after(1, () => assert.fail('cancelled'));
    clock.after(2, () => assert.fail('not due'));
    cancel();
    cancel();
    await clock.advance(1.5);
    assert.equal(clock.pending(), 1);
    assert.equal(clock.untilNext(), 0.5);
  });

  it('fires timers that timers set, if they fall due in the same advance', async () => {
    const clock = createVirtualClock();
    const times: number[] = [];
    const tick = (): void => {
      times.push(clock.now());
      clock.after(1, tick);
    };
    clock.after(1, tick);
    await clock.advance(3);
    assert.deepEqual(times, [1, 2, 3]);
  });

  it('lets promises and immediates come to rest before the next timer fires', async () => {
    const clock = createVirtualClock();
    const order: string[] = [];
    clock.after(1, () => {
      setImmediate(() => {
        void Promise.resolve().then(() => setImmediate(() => order.push('set off by the first')));
      });
    });
    clock.after(2, () => order.push('second'));
    await clock.advance(2);
    assert.deepEqual(order, ['set off by the first', 'second']);
  });

  it('reaches a timer by decimal steps whose sum falls short of it', async () => {
    const clock = createVirtualClock();
    let fired = false;
    clock.after(1, () => {
      fired = true;
    });
    for (let step = 0; step < 10; step++) await clock.advance(0.1);
    assert.equal(fired, true);
  });
});
