/**
 * Gradient of a convolution by its filter and bias, from groups of eight images in the batch-lanes layout. For a band of
 * rows that the nearest cache holds, the products of four input elements × two output channels are summed over columns
 * and rows, one half of the lanes after the other, with the eight sums in registers. Sums stay apart by lane until the
 * end, so the order of additions depends on the shapes alone.
 *
 * Taps side by side in a filter row meet adjacent elements of x, so a row's taps × channels are walked as one list. Where
 * the window reaches over the left or right border, either x is copied between columns of zeros first (`padded`), or
 * each tap is a list of its own, over the columns at which it is inside the image.
 */
import { GROUP } from '../batch-lanes';
import { ConvGeometry } from '../geometry';
import { sumOfLanes } from './lanes';

const OUT_TILE: i32 = 2;
const VECTOR: usize = 16;
/** What a band's rows of x and tile of dy may take of the nearest cache. */
const BAND_BYTES: i32 = 20480;

@unmanaged
export class FilterGradientOp extends ConvGeometry {
  x: usize;
  dy: usize;
  dFilter: usize;
  /** 0 for none. */
  dBias: usize;
  /** Whether each tap is a list of its own. */
  byTap: i32;
  /** One vector per weight, then one per output channel. */
  sums: usize;
  /** Two channels of one group's dy. */
  tile: usize;
  /** One group of x between columns of zeros, or 0 for x as it is. */
  padded: usize;
  /** Columns of x, zeros included. */
  paddedWidth: i32;
}

/** Adds the products of `ins` elements × `outs` channels over rows and columns to the sums at `sums`. */
@inline
function tile(
  ins: i32,
  outs: i32,
  x: usize,
  dy: usize,
  rows: i32,
  columns: i32,
  xRow: usize,
  xColumn: usize,
  dyRow: usize,
  sums: usize,
): void {
  let a = v128.load(sums);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  let e = f32x4.splat(0);
  let f = f32x4.splat(0);
  let g = f32x4.splat(0);
  let h = f32x4.splat(0);
  if (ins > 1) b = v128.load(sums, 16);
  if (ins > 2) c = v128.load(sums, 32);
  if (ins > 3) d = v128.load(sums, 48);
  const second = sums + <usize>ins * VECTOR;
  if (outs > 1) {
    e = v128.load(second);
    if (ins > 1) f = v128.load(second, 16);
    if (ins > 2) g = v128.load(second, 32);
    if (ins > 3) h = v128.load(second, 48);
  }
  const rowBytes = <usize>(columns * outs) * GROUP;
  for (let half: usize = 0; half < GROUP; half += VECTOR) {
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
        by += <usize>outs * GROUP;
        at += xColumn;
      }
      xStart += xRow;
      dyStart += dyRow;
    }
  }
  v128.store(sums, a);
  if (ins > 1) v128.store(sums, b, 16);
  if (ins > 2) v128.store(sums, c, 32);
  if (ins > 3) v128.store(sums, d, 48);
  if (outs > 1) {
    v128.store(second, e);
    if (ins > 1) v128.store(second, f, 16);
    if (ins > 2) v128.store(second, g, 32);
    if (ins > 3) v128.store(second, h, 48);
  }
}

/** One tile, compiled once for each width. */
function anyTile(
  ins: i32,
  outs: i32,
  x: usize,
  dy: usize,
  rows: i32,
  columns: i32,
  xRow: usize,
  xColumn: usize,
  dyRow: usize,
  sums: usize,
): void {
  if (outs == 2) {
    if (ins == 4) tile(4, 2, x, dy, rows, columns, xRow, xColumn, dyRow, sums);
    else if (ins == 3) tile(3, 2, x, dy, rows, columns, xRow, xColumn, dyRow, sums);
    else if (ins == 2) tile(2, 2, x, dy, rows, columns, xRow, xColumn, dyRow, sums);
    else tile(1, 2, x, dy, rows, columns, xRow, xColumn, dyRow, sums);
  } else {
    if (ins == 4) tile(4, 1, x, dy, rows, columns, xRow, xColumn, dyRow, sums);
    else if (ins == 3) tile(3, 1, x, dy, rows, columns, xRow, xColumn, dyRow, sums);
    else if (ins == 2) tile(2, 1, x, dy, rows, columns, xRow, xColumn, dyRow, sums);
    else tile(1, 1, x, dy, rows, columns, xRow, xColumn, dyRow, sums);
  }
}

/** Copies `outs` channels of `pixels` pixels side by side, and adds them to the sums of the bias. */
function packTile(
  dy: usize,
  to: usize,
  pixels: i32,
  outs: i32,
  pixelBytes: usize,
  biasSums: usize,
): void {
  let a = v128.load(biasSums);
  let b = f32x4.splat(0);
  if (outs == 1) {
    for (let i = 0; i < pixels; i++) {
      const low = v128.load(dy);
      const high = v128.load(dy, 16);
      a = f32x4.add(a, f32x4.add(low, high));
      v128.store(to, low);
      v128.store(to, high, 16);
      dy += pixelBytes;
      to += GROUP;
    }
  } else {
    b = v128.load(biasSums, 16);
    for (let i = 0; i < pixels; i++) {
      const low = v128.load(dy);
      const high = v128.load(dy, 16);
      const low2 = v128.load(dy, 32);
      const high2 = v128.load(dy, 48);
      a = f32x4.add(a, f32x4.add(low, high));
      b = f32x4.add(b, f32x4.add(low2, high2));
      v128.store(to, low);
      v128.store(to, high, 16);
      v128.store(to, low2, 32);
      v128.store(to, high2, 48);
      dy += pixelBytes;
      to += 2 * GROUP;
    }
    v128.store(biasSums, b, 16);
  }
  v128.store(biasSums, a);
}

/** Copies a group of x between columns of zeros. */
function padColumns(op: FilterGradientOp, x: usize): usize {
  const pixel = <usize>op.inChannels * GROUP;
  const left = <usize>op.padLeft * pixel;
  const middle = <usize>min(op.inWidth, op.paddedWidth - op.padLeft) * pixel;
  const row = <usize>op.paddedWidth * pixel;
  let to = op.padded;
  for (let i = 0; i < op.inHeight; i++) {
    memory.fill(to, 0, left);
    memory.copy(to + left, x, middle);
    memory.fill(to + left + middle, 0, row - left - middle);
    x += <usize>op.inWidth * pixel;
    to += row;
  }
  return op.padded;
}

/** Smallest integer ≥ a / b, for b > 0. */
@inline
function ceilDivide(a: i32, b: i32): i32 {
  return a > 0 ? (a + b - 1) / b : -(-a / b);
}

export function filterGradient(op: FilterGradientOp, groups: i32): void {
  const pixel = <usize>op.inChannels * GROUP;
  const inBytes = <usize>(op.inHeight * op.inWidth) * pixel;
  const xRowBytes = <usize>op.paddedWidth * pixel;
  const outPixel = <usize>op.outChannels * GROUP;
  const outRow = <usize>op.outWidth * outPixel;
  const weights = op.filterHeight * op.filterWidth * op.inChannels * op.outChannels;
  const biasSums = op.sums + <usize>weights * VECTOR;
  const lists = op.byTap != 0 ? op.filterWidth : 1;
  const elements = op.byTap != 0 ? op.inChannels : op.filterWidth * op.inChannels;
  const band = max(1, BAND_BYTES / (<i32>xRowBytes * op.strideHeight + op.outWidth * OUT_TILE * <i32>GROUP));
  memory.fill(op.sums, 0, <usize>(weights + op.outChannels) * VECTOR);
  for (let group: usize = 0; group < <usize>groups; group++) {
    const source = op.x + group * inBytes;
    const x = op.padded != 0 ? padColumns(op, source) : source;
    const dy = op.dy + group * <usize>op.outHeight * outRow;
    for (let bandStart = 0; bandStart < op.outHeight; bandStart += band) {
      const bandEnd = min(bandStart + band, op.outHeight);
      const bandDy = dy + <usize>bandStart * outRow;
      let sums = op.sums;
      for (let out = 0; out < op.outChannels; out += OUT_TILE) {
        const outs = min(OUT_TILE, op.outChannels - out);
        const dyColumn = <usize>outs * GROUP;
        const dyRow = <usize>op.outWidth * dyColumn;
        packTile(
          bandDy + <usize>out * GROUP,
          op.tile,
          (bandEnd - bandStart) * op.outWidth,
          outs,
          outPixel,
          biasSums + <usize>out * VECTOR,
        );
        for (let tap = 0; tap < op.filterHeight; tap++) {
          // Rows of dy whose row of x, out·stride + shift, is inside the image.
          const shift = tap * op.dilationHeight - op.padTop;
          const start = max(bandStart, ceilDivide(-shift, op.strideHeight));
          const end = min(bandEnd, ceilDivide(op.inHeight - shift, op.strideHeight));
          if (start >= end) {
            sums += <usize>(lists * elements * outs) * VECTOR;
            continue;
          }
          const xStart = x + <usize>(start * op.strideHeight + shift) * xRowBytes;
          const dyStart = op.tile + <usize>(start - bandStart) * dyRow;
          for (let list = 0; list < lists; list++) {
            let first = 0;
            let last = op.outWidth;
            let at = xStart;
            if (op.byTap != 0) {
              const aside = list * op.dilationWidth - op.padLeft;
              first = max(0, ceilDivide(-aside, op.strideWidth));
              last = min(op.outWidth, ceilDivide(op.inWidth - aside, op.strideWidth));
              at += <usize>(first * op.strideWidth + aside) * pixel;
            }
            for (let element = 0; element < elements; element += 4) {
              const ins = min(4, elements - element);
              if (first < last) {
                anyTile(
                  ins,
                  outs,
                  at,
                  dyStart + <usize>first * dyColumn,
                  end - start,
                  last - first,
                  <usize>op.strideHeight * xRowBytes,
                  <usize>op.strideWidth * pixel,
                  dyRow,
                  sums,
                );
              }
              at += <usize>ins * GROUP;
              sums += <usize>(ins * outs) * VECTOR;
            }
          }
        }
      }
    }
  }
  storeSums(op, lists, elements);
  if (op.dBias != 0) {
    for (let out: usize = 0; out < <usize>op.outChannels; out++) {
      store<f32>(op.dBias + (out << 2), sumOfLanes(v128.load(biasSums + out * VECTOR)));
    }
  }
}

/** Adds up the lanes of the sums, in the order in which `filterGradient` walks them, into [tap][in][out]. */
function storeSums(op: FilterGradientOp, lists: i32, elements: i32): void {
  let sums = op.sums;
  for (let out = 0; out < op.outChannels; out += OUT_TILE) {
    const outs = min(OUT_TILE, op.outChannels - out);
    let row = 0;
    for (let list = 0; list < op.filterHeight * lists; list++) {
      for (let element = 0; element < elements; element += 4) {
        const ins = min(4, elements - element);
        for (let o = 0; o < outs; o++) {
          for (let i = 0; i < ins; i++) {
            const at = (row + element + i) * op.outChannels + out + o;
            store<f32>(op.dFilter + ((<usize>at) << 2), sumOfLanes(v128.load(sums)));
            sums += VECTOR;
          }
        }
      }
      row += elements;
    }
  }
}
