/**
 * Filters of 3 × 3 taps on their way to Winograd's 16 planes and back (`winograd-transforms.ts`). A plane of weights is
 * packed by tiles of four destination channels, [tile][source channel][4]; a plane of gradients by four source channels.
 */

const HALF: f32 = 0.5;

/** (f, (f + g + h) / 2, (f − g + h) / 2, h) to four planes. */
@inline
function storeFilterRow(f: v128, g: v128, h: v128, to: usize, plane: usize): void {
  const half = f32x4.splat(HALF);
  const outer = f32x4.add(f, h);
  v128.store(to, f);
  v128.store(to + plane, f32x4.mul(f32x4.add(outer, g), half));
  v128.store(to + 2 * plane, f32x4.mul(f32x4.sub(outer, g), half));
  v128.store(to + 3 * plane, h);
}

/** Weights of four destination channels at one tap and source channel; `apart` bytes from one to the next. */
@inline
function fourWeights(at: usize, apart: usize): v128 {
  let v = v128.load32_zero(at);
  v = v128.load32_lane(at + apart, v, 1);
  v = v128.load32_lane(at + 2 * apart, v, 2);
  return v128.load32_lane(at + 3 * apart, v, 3);
}

/**
 * Nine weights each of four destination channels, taps `tap` bytes apart from the first (backwards for a flipped filter,
 * where `tap` is negative), to 16 planes.
 */
@inline
function transformTaps(at: usize, tap: isize, apart: usize, to: usize, plane: usize): void {
  const half = f32x4.splat(HALF);
  const f0 = fourWeights(at, apart);
  const f1 = fourWeights(at + tap, apart);
  const f2 = fourWeights(at + 2 * tap, apart);
  const g0 = fourWeights(at + 3 * tap, apart);
  const g1 = fourWeights(at + 4 * tap, apart);
  const g2 = fourWeights(at + 5 * tap, apart);
  const h0 = fourWeights(at + 6 * tap, apart);
  const h1 = fourWeights(at + 7 * tap, apart);
  const h2 = fourWeights(at + 8 * tap, apart);
  const outer0 = f32x4.add(f0, h0);
  const outer1 = f32x4.add(f1, h1);
  const outer2 = f32x4.add(f2, h2);
  storeFilterRow(f0, f1, f2, to, plane);
  storeFilterRow(
    f32x4.mul(f32x4.add(outer0, g0), half),
    f32x4.mul(f32x4.add(outer1, g1), half),
    f32x4.mul(f32x4.add(outer2, g2), half),
    to + 4 * plane,
    plane,
  );
  storeFilterRow(
    f32x4.mul(f32x4.sub(outer0, g0), half),
    f32x4.mul(f32x4.sub(outer1, g1), half),
    f32x4.mul(f32x4.sub(outer2, g2), half),
    to + 8 * plane,
    plane,
  );
  storeFilterRow(h0, h1, h2, to + 12 * plane, plane);
}

/** [3][3][in][out] to [16][tile of out][in][4]; outChannels is a multiple of four. */
export function transformFilter(filter: usize, inChannels: i32, outChannels: i32, to: usize): void {
  const tap = <isize>(inChannels * outChannels * 4);
  const plane = (<usize>(inChannels * outChannels)) << 2;
  for (let out = 0; out < outChannels; out += 4) {
    for (let channel = 0; channel < inChannels; channel++) {
      transformTaps(filter + ((<usize>(channel * outChannels + out)) << 2), tap, 4, to, plane);
      to += 16;
    }
  }
}

/** [3][3][in][out], flipped in both axes, to [16][tile of in][out][4]; inChannels is a multiple of four. */
export function transformFlippedFilter(filter: usize, inChannels: i32, outChannels: i32, to: usize): void {
  const tap = <isize>(inChannels * outChannels * 4);
  const plane = (<usize>(inChannels * outChannels)) << 2;
  const row = (<usize>outChannels) << 2;
  const last = filter + 8 * plane;
  for (let channel = 0; channel < inChannels; channel += 4) {
    for (let out = 0; out < outChannels; out++) {
      transformTaps(last + <usize>channel * row + ((<usize>out) << 2), -tap, row, to, plane);
      to += 16;
    }
  }
}

/** (a + p, q, p + d), p = (b + c) / 2, q = (b − c) / 2: stored as four weights `row` bytes apart at each of three taps. */
@inline
function storeTapRow(a: v128, b: v128, c: v128, d: v128, to: usize, tap: usize, row: usize): void {
  const half = f32x4.splat(HALF);
  const p = f32x4.mul(f32x4.add(b, c), half);
  storeFour(to, f32x4.add(a, p), row);
  storeFour(to + tap, f32x4.mul(f32x4.sub(b, c), half), row);
  storeFour(to + 2 * tap, f32x4.add(p, d), row);
}

@inline
function storeFour(to: usize, v: v128, row: usize): void {
  v128.store32_lane(to, v, 0);
  v128.store32_lane(to + row, v, 1);
  v128.store32_lane(to + 2 * row, v, 2);
  v128.store32_lane(to + 3 * row, v, 3);
}

/** The middle row of taps from the second and third row of planes. */
@inline
function halfOf(a: v128, b: v128, sum: bool): v128 {
  return f32x4.mul(sum ? f32x4.add(a, b) : f32x4.sub(a, b), f32x4.splat(HALF));
}

/** [16][tile of in][out][4] to the gradient [3][3][in][out]; inChannels is a multiple of four. */
export function transformFilterGradient(sums: usize, inChannels: i32, outChannels: i32, to: usize): void {
  const plane = (<usize>(inChannels * outChannels)) << 2;
  const row = (<usize>outChannels) << 2;
  const fourPlanes = plane * 4;
  for (let channel = 0; channel < inChannels; channel += 4) {
    for (let out = 0; out < outChannels; out++) {
      const at = to + <usize>channel * row + ((<usize>out) << 2);
      for (let tapRow: usize = 0; tapRow < 3; tapRow++) {
        storeTapRow(
          tapRowOf(sums, fourPlanes, tapRow),
          tapRowOf(sums + plane, fourPlanes, tapRow),
          tapRowOf(sums + 2 * plane, fourPlanes, tapRow),
          tapRowOf(sums + 3 * plane, fourPlanes, tapRow),
          at + tapRow * 3 * plane,
          plane,
          row,
        );
      }
      sums += 16;
    }
  }
}

/** Row 0, 1 or 2 of the taps from a column of four planes. */
@inline
function tapRowOf(column: usize, fourPlanes: usize, tapRow: usize): v128 {
  const b = v128.load(column + fourPlanes);
  const c = v128.load(column + 2 * fourPlanes);
  if (tapRow == 1) return halfOf(b, c, false);
  return f32x4.add(halfOf(b, c, true), v128.load(tapRow == 0 ? column : column + 3 * fourPlanes));
}
