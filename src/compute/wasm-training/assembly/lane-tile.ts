/**
 * The tile that sums what goes forward: eight images, in two vectors, × up to four destination channels, in eight
 * registers. Convolutions, Winograd's planes and dense layers are this sum over different lists of sources.
 */
import { GROUP } from './batch-lanes';

/**
 * Sums `rows` × `columns` runs of `run` adjacent sources each, times their weights, into `width` (1 … 4) adjacent
 * destinations.
 *
 * @param weights the weights of a source are `width` floats side by side
 * @param start address of `width` floats to start from, 0 to go on from what is at `to`
 * @param floor least value of a result: 0 for ReLU, −∞ for none
 */
@inline
export function laneTile(
  width: i32,
  to: usize,
  from: usize,
  weights: usize,
  rows: i32,
  columns: i32,
  run: i32,
  fromRowStep: usize,
  fromColumnStep: usize,
  weightRowStep: usize,
  weightColumnStep: usize,
  start: usize,
  floor: f32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  if (start != 0) {
    a0 = v128.load32_splat(start);
    a1 = a0;
    if (width > 1) b0 = v128.load32_splat(start, 4);
    b1 = b0;
    if (width > 2) c0 = v128.load32_splat(start, 8);
    c1 = c0;
    if (width > 3) d0 = v128.load32_splat(start, 12);
    d1 = d0;
  } else {
    a0 = v128.load(to);
    a1 = v128.load(to, 16);
    if (width > 1) b0 = v128.load(to, 32);
    if (width > 1) b1 = v128.load(to, 48);
    if (width > 2) c0 = v128.load(to, 64);
    if (width > 2) c1 = v128.load(to, 80);
    if (width > 3) d0 = v128.load(to, 96);
    if (width > 3) d1 = v128.load(to, 112);
  }
  const runBytes = <usize>run * GROUP;
  for (let row = 0; row < rows; row++) {
    let columnFrom = from;
    let columnWeights = weights;
    for (let column = 0; column < columns; column++) {
      let at = columnFrom;
      let by = columnWeights;
      const end = at + runBytes;
      while (at < end) {
        const x0 = v128.load(at);
        const x1 = v128.load(at, 16);
        const wa = v128.load32_splat(by);
        a0 = f32x4.add(a0, f32x4.mul(x0, wa));
        a1 = f32x4.add(a1, f32x4.mul(x1, wa));
        if (width > 1) {
          const wb = v128.load32_splat(by, 4);
          b0 = f32x4.add(b0, f32x4.mul(x0, wb));
          b1 = f32x4.add(b1, f32x4.mul(x1, wb));
        }
        if (width > 2) {
          const wc = v128.load32_splat(by, 8);
          c0 = f32x4.add(c0, f32x4.mul(x0, wc));
          c1 = f32x4.add(c1, f32x4.mul(x1, wc));
        }
        if (width > 3) {
          const wd = v128.load32_splat(by, 12);
          d0 = f32x4.add(d0, f32x4.mul(x0, wd));
          d1 = f32x4.add(d1, f32x4.mul(x1, wd));
        }
        at += GROUP;
        by += (<usize>width) << 2;
      }
      columnFrom += fromColumnStep;
      columnWeights += weightColumnStep;
    }
    from += fromRowStep;
    weights += weightRowStep;
  }
  if (floor != -Infinity) {
    const least = f32x4.splat(floor);
    a0 = f32x4.max(a0, least);
    a1 = f32x4.max(a1, least);
    b0 = f32x4.max(b0, least);
    b1 = f32x4.max(b1, least);
    c0 = f32x4.max(c0, least);
    c1 = f32x4.max(c1, least);
    d0 = f32x4.max(d0, least);
    d1 = f32x4.max(d1, least);
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  if (width > 1) v128.store(to, b0, 32);
  if (width > 1) v128.store(to, b1, 48);
  if (width > 2) v128.store(to, c0, 64);
  if (width > 2) v128.store(to, c1, 80);
  if (width > 3) v128.store(to, d0, 96);
  if (width > 3) v128.store(to, d1, 112);
}

/** `laneTile`, compiled once for each width. */
export function anyLaneTile(
  width: i32,
  y: usize,
  x: usize,
  w: usize,
  rows: i32,
  columns: i32,
  run: i32,
  xr: usize,
  xc: usize,
  wr: usize,
  wc: usize,
  start: usize,
  floor: f32,
): void {
  if (width == 4) laneTile(4, y, x, w, rows, columns, run, xr, xc, wr, wc, start, floor);
  else if (width == 3) laneTile(3, y, x, w, rows, columns, run, xr, xc, wr, wc, start, floor);
  else if (width == 2) laneTile(2, y, x, w, rows, columns, run, xr, xc, wr, wc, start, floor);
  else laneTile(1, y, x, w, rows, columns, run, xr, xc, wr, wc, start, floor);
}

/** `rows` rows of `width` (1 … 4) weights, `rowBytes` apart, side by side. @returns the address behind them */
export function packWeights(from: usize, rowBytes: usize, rows: i32, width: i32, to: usize): usize {
  if (width == 4) {
    for (let row = 0; row < rows; row++) {
      v128.store(to, v128.load(from));
      from += rowBytes;
      to += 16;
    }
    return to;
  }
  for (let row = 0; row < rows; row++) {
    for (let i: usize = 0; i < <usize>width; i++) store<f32>(to + (i << 2), load<f32>(from + (i << 2)));
    from += rowBytes;
    to += (<usize>width) << 2;
  }
  return to;
}

/** `width` floats to start from: the bias, or zeros where its address is 0. @returns the address behind them */
export function packStart(bias: usize, width: i32, to: usize): usize {
  const bytes = (<usize>width) << 2;
  if (bias == 0) memory.fill(to, 0, bytes);
  else memory.copy(to, bias, bytes);
  return to + bytes;
}
