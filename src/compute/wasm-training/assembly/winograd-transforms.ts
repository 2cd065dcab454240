/**
 * The linear maps of Winograd's minimal filtering with 3 taps and 2 outputs an axis (Lavin and Gray 2015, arXiv 1509.09308):
 * patches of 4 × 4 pixels and filters of 3 × 3 become 16 planes, which are multiplied plane by plane, and the products of
 * 2 × 2 outputs, or of 3 × 3 taps, are taken from the 16 sums. All factors are ±1 and ½.
 *
 *     patch    (a − c, b + c, c − b, d − b)              of 4 pixels a, b, c, d
 *     filter   (f, (f + g + h) / 2, (f − g + h) / 2, h)  of 3 taps
 *     outputs  (a + b + c, b − c + d)                    of 4 sums
 *     dy       (a, a + b, a − b, b)                      of 2 pixels
 *     taps     (a + p, q, p + d), p = (b + c) / 2, q = (b − c) / 2
 */
import { GROUP } from './batch-lanes';

@inline
function storePatchRow(a: v128, b: v128, c: v128, d: v128, to: usize, plane: usize): void {
  v128.store(to, f32x4.sub(a, c));
  v128.store(to + plane, f32x4.add(b, c));
  v128.store(to + 2 * plane, f32x4.sub(c, b));
  v128.store(to + 3 * plane, f32x4.sub(d, b));
}

@inline
function subtractRows(p: usize, q: usize, pixel: usize, to: usize, plane: usize): void {
  storePatchRow(
    f32x4.sub(v128.load(p), v128.load(q)),
    f32x4.sub(v128.load(p + pixel), v128.load(q + pixel)),
    f32x4.sub(v128.load(p + 2 * pixel), v128.load(q + 2 * pixel)),
    f32x4.sub(v128.load(p + 3 * pixel), v128.load(q + 3 * pixel)),
    to,
    plane,
  );
}

@inline
function addRows(p: usize, q: usize, pixel: usize, to: usize, plane: usize): void {
  storePatchRow(
    f32x4.add(v128.load(p), v128.load(q)),
    f32x4.add(v128.load(p + pixel), v128.load(q + pixel)),
    f32x4.add(v128.load(p + 2 * pixel), v128.load(q + 2 * pixel)),
    f32x4.add(v128.load(p + 3 * pixel), v128.load(q + 3 * pixel)),
    to,
    plane,
  );
}

/** All channels of 4 × 4 pixels, whose rows lie `row` bytes apart, to 16 planes `plane` bytes apart. */
export function transformPatch(from: usize, row: usize, channels: i32, to: usize, plane: usize): void {
  const pixel = <usize>channels * GROUP;
  const end = from + pixel;
  const fourPlanes = plane * 4;
  while (from < end) {
    const second = from + row;
    const third = second + row;
    const fourth = third + row;
    // Each row of planes is stored before the next is loaded: sixteen values at once would not fit the registers.
    subtractRows(from, third, pixel, to, plane);
    addRows(second, third, pixel, to + fourPlanes, plane);
    subtractRows(third, second, pixel, to + 2 * fourPlanes, plane);
    subtractRows(fourth, second, pixel, to + 3 * fourPlanes, plane);
    from += 16;
    to += 16;
  }
}

@inline
function firstOutput(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.add(a, b), c);
}

@inline
function secondOutput(b: v128, c: v128, d: v128): v128 {
  return f32x4.add(f32x4.sub(b, c), d);
}

@inline
function storeOutput(to: usize, sum: v128, offset: v128, least: v128): void {
  v128.store(to, f32x4.max(f32x4.add(sum, offset), least));
}

/**
 * All channels of 2 × 2 outputs, of which `rows` × `columns` (1 or 2 each) are inside the image, from 16 planes.
 *
 * @param bias address of a float per channel, or 0 for none
 * @param floor least value of a result
 */
export function transformOutputs(
  from: usize,
  plane: usize,
  channels: i32,
  bias: usize,
  floor: f32,
  to: usize,
  row: usize,
  rows: i32,
  columns: i32,
): void {
  const least = f32x4.splat(floor);
  const pixel = <usize>channels * GROUP;
  const fourPlanes = plane * 4;
  for (let channel: usize = 0; channel < <usize>channels; channel++) {
    const offset = bias != 0 ? v128.load32_splat(bias + (channel << 2)) : f32x4.splat(0);
    for (let half = 0; half < 2; half++) {
      let b = v128.load(from + fourPlanes);
      let c = v128.load(from + 2 * fourPlanes);
      const top0 = firstOutput(v128.load(from), b, c);
      const low0 = secondOutput(b, c, v128.load(from + 3 * fourPlanes));
      let at = from + plane;
      b = v128.load(at + fourPlanes);
      c = v128.load(at + 2 * fourPlanes);
      const top1 = firstOutput(v128.load(at), b, c);
      const low1 = secondOutput(b, c, v128.load(at + 3 * fourPlanes));
      at += plane;
      b = v128.load(at + fourPlanes);
      c = v128.load(at + 2 * fourPlanes);
      const top2 = firstOutput(v128.load(at), b, c);
      const low2 = secondOutput(b, c, v128.load(at + 3 * fourPlanes));
      at += plane;
      b = v128.load(at + fourPlanes);
      c = v128.load(at + 2 * fourPlanes);
      const top3 = firstOutput(v128.load(at), b, c);
      const low3 = secondOutput(b, c, v128.load(at + 3 * fourPlanes));
      storeOutput(to, firstOutput(top0, top1, top2), offset, least);
      if (columns > 1) storeOutput(to + pixel, secondOutput(top1, top2, top3), offset, least);
      if (rows > 1) {
        storeOutput(to + row, firstOutput(low0, low1, low2), offset, least);
        if (columns > 1) storeOutput(to + row + pixel, secondOutput(low1, low2, low3), offset, least);
      }
      from += 16;
      to += 16;
    }
  }
}

/** All channels of 2 × 2 pixels of dy to 16 planes; the pixels' sum is added to a vector per channel at `sums`. */
export function transformGradient(
  from: usize,
  row: usize,
  channels: i32,
  to: usize,
  plane: usize,
  sums: usize,
): void {
  const pixel = <usize>channels * GROUP;
  const fourPlanes = plane * 4;
  for (let channel = 0; channel < channels; channel++) {
    let total = v128.load(sums);
    for (let half = 0; half < 2; half++) {
      const a = v128.load(from);
      const b = v128.load(from + pixel);
      const c = v128.load(from + row);
      const d = v128.load(from + row + pixel);
      const ac = f32x4.add(a, c);
      const bd = f32x4.add(b, d);
      const sum = f32x4.add(ac, bd);
      total = f32x4.add(total, sum);
      storeGradientRow(a, b, f32x4.add(a, b), to, plane);
      storeGradientRow(ac, bd, sum, to + fourPlanes, plane);
      const acLess = f32x4.sub(a, c);
      const bdLess = f32x4.sub(b, d);
      storeGradientRow(acLess, bdLess, f32x4.add(acLess, bdLess), to + 2 * fourPlanes, plane);
      storeGradientRow(c, d, f32x4.add(c, d), to + 3 * fourPlanes, plane);
      from += 16;
      to += 16;
    }
    v128.store(sums, total);
    sums += 16;
  }
}

@inline
function storeGradientRow(a: v128, b: v128, sum: v128, to: usize, plane: usize): void {
  v128.store(to, a);
  v128.store(to + plane, sum);
  v128.store(to + 2 * plane, f32x4.sub(a, b));
  v128.store(to + 3 * plane, b);
}
