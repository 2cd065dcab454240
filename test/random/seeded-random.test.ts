import assert from 'node:assert/strict';
import fc from 'fast-check';
import { integerBelow, seededRandom, shuffle } from '../../src/random/seeded-random.js';

/** Pearson's correlation of two equally long samples. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanA = mean(a);
  const meanB = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((x, i) => {
    const da = x - meanA;
    const db = (b[i] ?? Number.NaN) - meanB;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  });
  return ab / Math.sqrt(aa * bb);
}

const draw = (random: () => number, count: number) => Array.from({ length: count }, random);

describe('seededRandom', () => {
  // Computed by an independent implementation of SHA-256 and xoroshiro128+ (Python, 64-bit integers).
  it('gives these numbers for ever', () => {
    assert.deepEqual(draw(seededRandom(1), 3), [0.9250723237908967, 0.9877144154317993, 0.1838712374204018]);
    assert.deepEqual(
      draw(seededRandom(1, 'batches', 2), 3),
      [0.3227022834264316, 0.31299919682468347, 0.4392962633839408],
    );
  });

  it('is uniform on [0, 1)', () => {
    const counts = Array.from({ length: 20 }, () => 0);
    for (const x of draw(seededRandom(3, 'uniform'), 100_000)) {
      assert.ok(x >= 0 && x < 1);
      const bin = Math.floor(x * 20);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 5000) ** 2 / 5000, 0);
    // 19 degrees of freedom: 43.8 is exceeded with probability 0.001, and the seed is fixed.
    assert.ok(chiSquared < 43.8, `chi squared ${chiSquared}`);
  });

  it('gives the same numbers for the same seed and stream', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.oneof(fc.integer(), fc.string())), (seed, stream) => {
        assert.deepEqual(draw(seededRandom(seed, ...stream), 5), draw(seededRandom(seed, ...stream), 5));
      }),
    );
  });

  it('gives other numbers for another seed, another stream, or a stream split differently', () => {
    const first = [
      seededRandom(1),
      seededRandom(2),
      seededRandom(1.5),
      seededRandom(1, 1),
      seededRandom(1, '1'),
      seededRandom(1, 1, 2),
      seededRandom(1, 12),
      seededRandom(1, 'a', 'b'),
      seededRandom(1, 'ab'),
      seededRandom(1, 'a,b'),
      seededRandom(1, ''),
      seededRandom(-1),
    ].map((random) => random());
    assert.equal(new Set(first).size, first.length);
  });

  it('gives uncorrelated streams for neighbouring seeds and neighbouring streams', () => {
    const base = draw(seededRandom(7, 'worker', 0), 20_000);
    for (const other of [
      seededRandom(7, 'worker', 1),
      seededRandom(8, 'worker', 0),
      seededRandom(7, 'workers', 0),
    ]) {
      // The standard error of a correlation of 20,000 independent pairs is 0.007.
      assert.ok(Math.abs(correlation(base, draw(other, 20_000))) < 0.03);
    }
    const firsts = Array.from({ length: 20_000 }, (_, worker) => seededRandom(7, 'worker', worker)());
    assert.ok(Math.abs(correlation(firsts.slice(0, -1), firsts.slice(1))) < 0.03);
  });

  it('refuses a seed that is not a finite number', () => {
    assert.throws(() => seededRandom(Number.NaN), RangeError);
    assert.throws(() => seededRandom(1, Number.POSITIVE_INFINITY), RangeError);
  });
});

describe('integerBelow', () => {
  it('reaches every integer below the bound and nothing else', () => {
    const random = seededRandom(5);
    const seen = new Set(Array.from({ length: 500 }, () => integerBelow(random, 7)));
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6],
    );
  });

  it('refuses a bound that is not a positive integer', () => {
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 33]) {
      assert.throws(() => integerBelow(() => 0, bound), RangeError);
    }
  });
});

describe('shuffle', () => {
  it('keeps the elements of arrays and typed arrays', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.nat(255)), (seed, values) => {
        const sorted = [...values].sort((a, b) => a - b);
        const shuffled = shuffle(seededRandom(seed), [...values]);
        assert.deepEqual(
          shuffled.sort((a, b) => a - b),
          sorted,
        );
        assert.deepEqual([...shuffle(seededRandom(seed), Uint32Array.from(values)).sort()], sorted);
      }),
    );
  });

  it('makes every order of three equally likely', () => {
    const random = seededRandom(11);
    const counts = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) {
      const order = shuffle(random, [0, 1, 2]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 6);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // 5 degrees of freedom: 20.5 is exceeded with probability 0.001, and the seed is fixed.
    assert.ok(chiSquared < 20.5, `chi squared ${chiSquared}`);
  });
});
