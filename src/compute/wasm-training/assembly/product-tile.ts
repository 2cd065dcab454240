/**
 * The tile that sums the gradient of weights: up to four elements of x × two channels of dy, in eight registers, over
 * pixels and, at the end, over the eight images in the lanes. The order of additions depends on the shapes alone.
 */
import { GROUP } from './batch-lanes';
import { sumsOfFour } from './lane-sums';

/** Channels of dy in a tile. */
export const OUT_TILE: i32 = 2;
/** Bytes of the sums of one tile per channel of dy: a float for each of four elements of x. */
export const TILE_SUMS: usize = 16;

/**
 * Adds the products of `ins` × `outs` adjacent elements over `rows` × `columns` pixels to the sums [outs][4].
 *
 * @param xRow bytes from one row to the next; `xColumn` from one column to the next; likewise for dy
 */
@inline
export function productTile(
  ins: i32,
  outs: i32,
  x: usize,
  dy: usize,
  rows: i32,
  columns: i32,
  xRow: usize,
  xColumn: usize,
  dyRow: usize,
  dyColumn: usize,
  sums: usize,
): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let e = a;
  let f = a;
  let g = a;
  let h = a;
  const rowBytes = <usize>columns * dyColumn;
  for (let half: usize = 0; half < GROUP; half += 16) {
    let xStart = x + half;
    let dyStart = dy + half;
    for (let row = 0; row < rows; row++) {
      let at = xStart;
      let by = dyStart;
      const end = by + rowBytes;
      while (by < end) {
        const y = v128.load(by);
        const p = v128.load(at);
        a = f32x4.add(a, f32x4.mul(p, y));
        let z = y;
        if (outs > 1) {
          z = v128.load(by, 32);
          e = f32x4.add(e, f32x4.mul(p, z));
        }
        if (ins > 1) {
          const q = v128.load(at, 32);
          b = f32x4.add(b, f32x4.mul(q, y));
          if (outs > 1) f = f32x4.add(f, f32x4.mul(q, z));
        }
        if (ins > 2) {
          const r = v128.load(at, 64);
          c = f32x4.add(c, f32x4.mul(r, y));
          if (outs > 1) g = f32x4.add(g, f32x4.mul(r, z));
        }
        if (ins > 3) {
          const s = v128.load(at, 96);
          d = f32x4.add(d, f32x4.mul(s, y));
          if (outs > 1) h = f32x4.add(h, f32x4.mul(s, z));
        }
        by += dyColumn;
        at += xColumn;
      }
      xStart += xRow;
      dyStart += dyRow;
    }
  }
  v128.store(sums, f32x4.add(v128.load(sums), sumsOfFour(a, b, c, d)));
  if (outs > 1) v128.store(sums, f32x4.add(v128.load(sums, 16), sumsOfFour(e, f, g, h)), 16);
}

/** `productTile`, compiled once for each width. */
export function anyProductTile(
  ins: i32,
  outs: i32,
  x: usize,
  dy: usize,
  rows: i32,
  columns: i32,
  xr: usize,
  xc: usize,
  yr: usize,
  yc: usize,
  sums: usize,
): void {
  if (outs == 2) {
    if (ins == 4) productTile(4, 2, x, dy, rows, columns, xr, xc, yr, yc, sums);
    else if (ins == 3) productTile(3, 2, x, dy, rows, columns, xr, xc, yr, yc, sums);
    else if (ins == 2) productTile(2, 2, x, dy, rows, columns, xr, xc, yr, yc, sums);
    else productTile(1, 2, x, dy, rows, columns, xr, xc, yr, yc, sums);
  } else {
    if (ins == 4) productTile(4, 1, x, dy, rows, columns, xr, xc, yr, yc, sums);
    else if (ins == 3) productTile(3, 1, x, dy, rows, columns, xr, xc, yr, yc, sums);
    else if (ins == 2) productTile(2, 1, x, dy, rows, columns, xr, xc, yr, yc, sums);
    else productTile(1, 1, x, dy, rows, columns, xr, xc, yr, yc, sums);
  }
}
