/**
 * Curves of single runs, and what several runs of one series have in common: the mean and the smallest and largest value at
 * each point. A figure shows some hundred points of a run that may have a million, so curves are thinned here, and nowhere
 * else. Values are those of the run's files wherever there is one run and few enough points.
 */
import { max, mean, min } from 'simple-statistics';

/** Points of one run, x ascending. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** `linear`: straight from point to point. `step`: a point's value holds since the point before it. */
export type Interpolation = 'linear' | 'step';

/** One point of a series: over its runs. */
export interface BandPoint {
  readonly x: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Most points of a curve in a figure. */
export const mostPoints = 240;

/** Keeps the first, the last, and points at even distances between them. */
export function thinned(curve: Curve, most = mostPoints): Curve {
  const { length } = curve.x;
  if (length <= most) return curve;
  const kept = Array.from({ length: most }, (_, index) => Math.round((index * (length - 1)) / (most - 1)));
  return { x: kept.map((index) => at(curve.x, index)), y: kept.map((index) => at(curve.y, index)) };
}

/** A step curve from 0 on, without the points at which nothing changes. */
export function steps({ x, y }: Curve): Curve {
  const kept = x.flatMap((_, index) => (index === x.length - 1 || y[index] !== y[index + 1] ? [index] : []));
  if (kept.length === 0) return { x: [], y: [] };
  return {
    x: [0, ...kept.map((index) => at(x, index))],
    y: [at(y, 0), ...kept.map((index) => at(y, index))],
  };
}

/** The mean of the points in each of `bins` equal stretches of x. Points whose value is not finite are left out. */
export function binned({ x, y }: Curve, bins: number): Curve {
  if (x.length <= bins) return onlyFinite({ x, y });
  const [first, last] = [at(x, 0), at(x, x.length - 1)];
  const sums = Array.from({ length: bins }, () => ({ x: 0, y: 0, count: 0 }));
  for (const [index, value] of y.entries()) {
    if (!Number.isFinite(value)) continue;
    const where = last > first ? Math.floor((bins * (at(x, index) - first)) / (last - first)) : 0;
    const bin = sums[Math.min(bins - 1, where)];
    if (bin === undefined) continue;
    bin.x += at(x, index);
    bin.y += value;
    bin.count += 1;
  }
  const full = sums.filter(({ count }) => count > 0);
  return { x: full.map((bin) => bin.x / bin.count), y: full.map((bin) => bin.y / bin.count) };
}

/** The curve without points that cannot be drawn. */
export function onlyFinite({ x, y }: Curve): Curve {
  const kept = x.flatMap((value, index) =>
    Number.isFinite(value) && Number.isFinite(y[index]) ? [index] : [],
  );
  return { x: kept.map((index) => at(x, index)), y: kept.map((index) => at(y, index)) };
}

/** The value at x, which lies between the first and the last point. */
export function valueAt({ x, y }: Curve, position: number, interpolation: Interpolation): number {
  const next = firstAtOrAfter(x, position);
  if (next === 0) return at(y, 0);
  if (next >= x.length) return at(y, y.length - 1);
  const [x0, x1, y0, y1] = [at(x, next - 1), at(x, next), at(y, next - 1), at(y, next)];
  if (interpolation === 'step' || position === x1) return y1;
  return y0 + ((y1 - y0) * (position - x0)) / (x1 - x0);
}

/**
 * A series' runs together, where all of them have values. One run keeps its points; runs with the same x are taken point by
 * point; others are interpolated at even distances.
 */
export function together(curves: readonly Curve[], interpolation: Interpolation): readonly BandPoint[] {
  const drawn = curves.filter(({ x }) => x.length > 0);
  const [first] = drawn;
  if (first === undefined) return [];
  if (drawn.every(({ x }) => sameNumbers(x, first.x))) {
    const thin = drawn.map((curve) => thinned(curve));
    return at(thin, 0).x.map((x, index) =>
      spread(
        x,
        thin.map(({ y }) => at(y, index)),
      ),
    );
  }
  const from = max(drawn.map(({ x }) => at(x, 0)));
  const to = min(drawn.map(({ x }) => at(x, x.length - 1)));
  if (from > to) return [];
  return Array.from({ length: mostPoints }, (_, index) => {
    const x = from + ((to - from) * index) / (mostPoints - 1);
    return spread(
      x,
      drawn.map((curve) => valueAt(curve, x, interpolation)),
    );
  });
}

const spread = (x: number, values: number[]): BandPoint => {
  const [only] = values;
  if (only !== undefined && values.length === 1) return { x, mean: only, low: only, high: only };
  return { x, mean: mean(values), low: min(values), high: max(values) };
};

const sameNumbers = (left: readonly number[], right: readonly number[]): boolean =>
  left.length === right.length && left.every((value, index) => value === right[index]);

/** Index of the first of ascending numbers that is at least `wanted`; their count if none is. */
function firstAtOrAfter(numbers: readonly number[], wanted: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(numbers, middle) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The item, which is known to be there. */
function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index} among ${items.length}`);
  return item;
}
