import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createSlidingRate } from '../../src/telemetry/sliding-rate.js';

describe('sliding rate', () => {
  it('is 0 before there is anything to count', () => {
    const rate = createSlidingRate();
    assert.equal(rate.current(0), 0);
    assert.equal(rate.overall(), 0);
  });

  it('is exact for a steady counter, whenever it is asked', () => {
    const rate = createSlidingRate({ window: 10 });
    for (let time = 1; time <= 60; time++) {
      rate.add(time, 500 * time);
      assert.equal(rate.current(time), 500);
      assert.equal(rate.current(time + 0.9), 500);
    }
    assert.equal(rate.overall(), 500);
  });

  it('is exact for readings that come in lumps', () => {
    const rate = createSlidingRate({ window: 10 });
    for (let time = 4; time <= 60; time += 4) rate.add(time, 1000 * time);
    assert.equal(rate.current(60), 1000);
    assert.equal(rate.current(63), 1000);
  });

  it('forgets what is older than the window, but not overall', () => {
    const rate = createSlidingRate({ window: 10 });
    for (let time = 1; time <= 100; time++) rate.add(time, time <= 50 ? time : 50 + 9 * (time - 50));
    assert.equal(rate.current(100), 9);
    assert.equal(rate.overall(), 5);
  });

  it('falls when nothing comes any more', () => {
    const rate = createSlidingRate({ window: 10 });
    for (let time = 1; time <= 20; time++) rate.add(time, 100 * time);
    assert.ok(rate.current(60) < 25);
  });

  it('starts where its counter starts', () => {
    const rate = createSlidingRate({ origin: { time: 100, total: 5000 } });
    rate.add(101, 5100);
    assert.equal(rate.current(101), 100);
    assert.equal(rate.overall(), 100);
  });

  it('lies between the slowest and the fastest stretch', () => {
    const stretches = fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.nat({ max: 1000 })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(stretches, (list) => {
        const rate = createSlidingRate({ window: 10 });
        let time = 0;
        let total = 0;
        for (const [centiseconds, speed] of list) {
          time += centiseconds / 100;
          total += (speed * centiseconds) / 100;
          rate.add(time, total);
          const fastest = Math.max(...list.map(([, one]) => one));
          assert.ok(rate.current(time) >= 0 && rate.current(time) <= fastest + 1e-6);
        }
      }),
    );
  });
});
