/**
 * The tile of lane-tile.ts where no more than two destination channels are left: two pixels that meet the same weights
 * take the place of the other two, so that the eight registers stay full.
 */
import { GROUP } from './batch-lanes';

/**
 * As `laneTile`, for `width` 1 or 2.
 *
 * @param pixelStep bytes from one pixel's destination to the other's
 * @param apart bytes from one pixel's source to the other's
 * @param bias address of `width` floats to start from
 */
@inline
function pairTile(
  width: i32,
  destination: usize,
  pixelStep: usize,
  source: usize,
  apart: usize,
  filter: usize,
  rows: i32,
  columns: i32,
  run: i32,
  sourceRowStep: usize,
  sourceColumnStep: usize,
  filterRowStep: usize,
  filterColumnStep: usize,
  bias: usize,
  floor: f32,
): void {
  let a0 = v128.load32_splat(bias);
  let b0 = a0;
  if (width > 1) b0 = v128.load32_splat(bias, 4);
  let a1 = a0;
  let b1 = b0;
  let c0 = a0;
  let c1 = a0;
  let d0 = b0;
  let d1 = b0;
  const runBytes = <usize>run * GROUP;
  for (let row = 0; row < rows; row++) {
    let columnSource = source;
    let columnFilter = filter;
    for (let column = 0; column < columns; column++) {
      let at = columnSource;
      let second = at + apart;
      let weights = columnFilter;
      const end = at + runBytes;
      while (at < end) {
        const x0 = v128.load(at);
        const x1 = v128.load(at, 16);
        const y0 = v128.load(second);
        const y1 = v128.load(second, 16);
        const wa = v128.load32_splat(weights);
        a0 = f32x4.add(a0, f32x4.mul(x0, wa));
        a1 = f32x4.add(a1, f32x4.mul(x1, wa));
        c0 = f32x4.add(c0, f32x4.mul(y0, wa));
        c1 = f32x4.add(c1, f32x4.mul(y1, wa));
        if (width > 1) {
          const wb = v128.load32_splat(weights, 4);
          b0 = f32x4.add(b0, f32x4.mul(x0, wb));
          b1 = f32x4.add(b1, f32x4.mul(x1, wb));
          d0 = f32x4.add(d0, f32x4.mul(y0, wb));
          d1 = f32x4.add(d1, f32x4.mul(y1, wb));
        }
        at += GROUP;
        second += GROUP;
        weights += (<usize>width) << 2;
      }
      columnSource += sourceColumnStep;
      columnFilter += filterColumnStep;
    }
    source += sourceRowStep;
    filter += filterRowStep;
  }
  const least = f32x4.splat(floor);
  v128.store(destination, f32x4.max(a0, least));
  v128.store(destination, f32x4.max(a1, least), 16);
  v128.store(destination + pixelStep, f32x4.max(c0, least));
  v128.store(destination + pixelStep, f32x4.max(c1, least), 16);
  if (width > 1) {
    v128.store(destination, f32x4.max(b0, least), 32);
    v128.store(destination, f32x4.max(b1, least), 48);
    v128.store(destination + pixelStep, f32x4.max(d0, least), 32);
    v128.store(destination + pixelStep, f32x4.max(d1, least), 48);
  }
}

/** `pairTile`, compiled once for each width. */
export function anyPairTile(
  width: i32,
  y: usize,
  pixelStep: usize,
  x: usize,
  apart: usize,
  w: usize,
  rows: i32,
  columns: i32,
  run: i32,
  xr: usize,
  xc: usize,
  wr: usize,
  wc: usize,
  bias: usize,
  floor: f32,
): void {
  if (width == 2) pairTile(2, y, pixelStep, x, apart, w, rows, columns, run, xr, xc, wr, wc, bias, floor);
  else pairTile(1, y, pixelStep, x, apart, w, rows, columns, run, xr, xc, wr, wc, bias, floor);
}
