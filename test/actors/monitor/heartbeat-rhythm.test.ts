import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeartbeatRhythm, leastLimit } from '../../../actors/monitor/heartbeat-rhythm.js';
import { seededRandom } from '../../../src/random/seeded-random.js';

const limits = { heartbeatSeconds: 1, suspectAfterSeconds: 3, deadAfterSeconds: 10 };

describe('heartbeat rhythm', () => {
  it('allows the ceiling until enough intervals are known', () => {
    const rhythm = new HeartbeatRhythm();
    for (let beat = 0; beat < 15; beat += 1) rhythm.observe(1);
    assert.equal(rhythm.limit(limits), 10);
    rhythm.observe(1);
    assert.equal(rhythm.limit(limits), 4);
  });

  it('allows 16 deviations beyond the mean', () => {
    const rhythm = new HeartbeatRhythm();
    for (let beat = 0; beat < 128; beat += 1) rhythm.observe(beat % 2 === 0 ? 0.8 : 1.2);
    const deviation = 0.2 * Math.sqrt(128 / 127);
    assert.ok(Math.abs(rhythm.limit(limits) - (1 + 16 * deviation)) < 1e-9);
  });

  it('forgets what is long ago', () => {
    const rhythm = new HeartbeatRhythm();
    for (let beat = 0; beat < 50; beat += 1) rhythm.observe(beat % 2 === 0 ? 0.1 : 8);
    assert.equal(rhythm.limit(limits), 10);
    for (let beat = 0; beat < 128; beat += 1) rhythm.observe(1);
    assert.equal(rhythm.limit(limits), 4);
  });

  it('stays between floor and ceiling whatever was seen', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })), (intervals) => {
        const rhythm = new HeartbeatRhythm();
        for (const seconds of intervals) rhythm.observe(seconds);
        const limit = rhythm.limit(limits);
        assert.ok(limit >= leastLimit(limits) && limit <= 10);
      }),
    );
  });

  /** False deaths below the ceiling of 10 s in so many heartbeats a second apart, each up to half a second late. */
  function falseDeaths(lost: number, heartbeats: number): number {
    const random = seededRandom(7, 'heartbeats', lost);
    const rhythm = new HeartbeatRhythm();
    let last = 0;
    let deaths = 0;
    for (let beat = 1; beat <= heartbeats; beat += 1) {
      const at = beat + random() / 2;
      if (random() < lost) continue;
      const limit = rhythm.limit(limits);
      if (at - last > limit && limit < 10) deaths += 1;
      rhythm.observe(at - last);
      last = at;
    }
    return deaths;
  }

  for (const lost of [0, 0.05, 0.2]) {
    it(`kills nobody whose heartbeats jitter and are lost at ${lost * 100} %: at most 2 in 100,000`, () => {
      assert.ok(falseDeaths(lost, 100_000) <= 2);
    });
  }
});
