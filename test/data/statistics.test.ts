import assert from 'node:assert/strict';
import fc from 'fast-check';
import { channelStatistics, countClasses } from '../../src/data/statistics.js';

describe('channel statistics', () => {
  it('are the same for bytes and for the same numbers as floats', () => {
    const images = fc
      .uint8Array({ minLength: 3, maxLength: 60 })
      .map((bytes) => bytes.subarray(0, -(bytes.length % 3) || undefined));
    fc.assert(
      fc.property(images, (bytes) => {
        const ofBytes = channelStatistics(bytes, 3, 255);
        const ofFloats = channelStatistics(Float32Array.from(bytes), 3, 255);
        for (const [channel, mean] of ofBytes.mean.entries()) {
          assert.ok(Math.abs(mean - (ofFloats.mean[channel] ?? Number.NaN)) < 1e-9);
          const difference = (ofBytes.deviation[channel] ?? 0) - (ofFloats.deviation[channel] ?? Number.NaN);
          assert.ok(Math.abs(difference) < 1e-7);
        }
      }),
    );
  });

  it('are right for a mean far above the deviation', () => {
    const { mean, deviation } = channelStatistics(Float32Array.of(100_001, 100_003), 1, 1);
    assert.deepEqual([mean, deviation], [[100_002], [1]]);
  });
});

describe('class counts', () => {
  it('count every class, and none above', () => {
    assert.deepEqual(countClasses([0, 2, 2, 5], 4), [1, 0, 2, 0]);
  });
});
