/** Curves: what a figure draws is what the runs' files hold, thinned but not changed. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binned, type Curve, mostPoints, steps, thinned, together, valueAt } from '../../src/report/curve.js';

const curves = fc
  .array(
    fc.record({
      gap: fc.double({ min: 0.01, max: 5, noNaN: true }),
      y: fc.double({ min: -9, max: 9, noNaN: true }),
    }),
    {
      minLength: 2,
      maxLength: 600,
    },
  )
  .map((points): Curve => {
    let x = 0;
    return { x: points.map(({ gap }) => (x += gap)), y: points.map(({ y }) => y) };
  });

describe('curves', () => {
  it('of one run are its own points', () => {
    const curve = { x: [1, 2, 4], y: [0.1, 0.5, 0.3] };
    assert.deepEqual(together([curve], 'linear'), [
      { x: 1, mean: 0.1, low: 0.1, high: 0.1 },
      { x: 2, mean: 0.5, low: 0.5, high: 0.5 },
      { x: 4, mean: 0.3, low: 0.3, high: 0.3 },
    ]);
  });

  it('with the same x are taken point by point', () => {
    const one = { x: [1, 3], y: [2, 4] };
    const other = { x: [1, 3], y: [4, 10] };
    assert.deepEqual(together([one, other], 'linear'), [
      { x: 1, mean: 3, low: 2, high: 4 },
      { x: 3, mean: 7, low: 4, high: 10 },
    ]);
  });

  it('with other x are interpolated where all of them have values', () => {
    const band = together(
      [
        { x: [0, 10], y: [0, 10] },
        { x: [2, 12], y: [0, 10] },
      ],
      'linear',
    );
    assert.equal(band.length, mostPoints);
    assert.deepEqual(band[0], { x: 2, mean: 1, low: 0, high: 2 });
    assert.deepEqual(band.at(-1), { x: 10, mean: 9, low: 8, high: 10 });
    assert.deepEqual(
      together(
        [
          { x: [0, 1], y: [1, 1] },
          { x: [2, 3], y: [1, 1] },
        ],
        'linear',
      ),
      [],
    );
  });

  it('hold the mean between the smallest and the largest value', () => {
    fc.assert(
      fc.property(
        fc.array(curves, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('linear', 'step'),
        (some, how) => {
          for (const { mean, low, high } of together(some, how)) {
            assert.ok(low <= mean + 1e-9 && mean <= high + 1e-9);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('keep their first and last point when thinned, and invent none', () => {
    fc.assert(
      fc.property(curves, (curve) => {
        const thin = thinned(curve, 50);
        assert.ok(thin.x.length <= Math.min(50, curve.x.length));
        assert.equal(thin.x[0], curve.x[0]);
        assert.equal(thin.x.at(-1), curve.x.at(-1));
        thin.x.forEach((x, index) => assert.equal(thin.y[index], curve.y[curve.x.indexOf(x)]));
      }),
      { numRuns: 50 },
    );
  });

  it('as steps hold a value since the point before, from 0 on', () => {
    const curve = steps({ x: [1, 2, 3, 5], y: [4, 4, 6, 6] });
    assert.deepEqual(curve, { x: [0, 2, 5], y: [4, 4, 6] });
    const at = (x: number): number => valueAt(curve, x, 'step');
    assert.deepEqual([0, 0.5, 2, 2.1, 3, 5].map(at), [4, 4, 4, 6, 6, 6]);
    assert.deepEqual(steps({ x: [], y: [] }), { x: [], y: [] });
  });

  it('in bins are means of what is finite', () => {
    const x = Array.from({ length: 40 }, (_, index) => index);
    const y = x.map((value) => (value % 10 === 3 ? Number.NaN : value));
    const { x: middle, y: mean } = binned({ x, y }, 4);
    assert.equal(middle.length, 4);
    assert.deepEqual(middle, mean);
    assert.equal(mean[0], (0 + 1 + 2 + 4 + 5 + 6 + 7 + 8 + 9) / 9);
    assert.deepEqual(binned({ x: [1, 2], y: [Number.POSITIVE_INFINITY, 5] }, 4), { x: [2], y: [5] });
  });
});
