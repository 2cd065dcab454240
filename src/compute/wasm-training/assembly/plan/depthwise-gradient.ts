/**
 * Gradient of a depthwise convolution in a plan by its filter and bias. Sums stay apart by lane until the end, so the order of
 * additions depends on the shapes alone. A band of rows is walked once for each tile of channels and each tap, while the
 * nearest cache holds it.
 */
import { endInside, firstInside } from '../axis-range';
import { GROUP } from '../batch-lanes';
import { ConvGeometry } from '../geometry';
import { sumOfLanes } from '../lane-sums';
import { sourceOf, TILE } from './depthwise';

const VECTOR: usize = 16;
/** What a band's rows of one tile of x and dy may take of the nearest cache. */
const BAND_BYTES: i32 = 20480;

@unmanaged
export class DepthwiseFilterGradientOp extends ConvGeometry {
  x: usize;
  dy: usize;
  dFilter: usize;
  /** 0 for none. */
  dBias: usize;
  /** One vector per weight, then one per output channel. */
  sums: usize;
}

export function depthwiseFilterGradient(op: DepthwiseFilterGradientOp, groups: i32): void {
  const weights = op.filterHeight * op.filterWidth * op.outChannels;
  const outRow = <usize>(op.outWidth * op.outChannels) * GROUP;
  const inBytes = <usize>(op.inHeight * op.inWidth * op.inChannels) * GROUP;
  const outBytes = <usize>op.outHeight * outRow;
  const tileRow = TILE * <i32>GROUP * (op.inWidth * op.strideHeight + op.outWidth);
  const band = max(1, BAND_BYTES / tileRow);
  const biasSums = op.sums + <usize>weights * VECTOR;
  memory.fill(op.sums, 0, <usize>(weights + op.outChannels) * VECTOR);
  for (let group: usize = 0; group < <usize>groups; group++) {
    const x = op.x + group * inBytes;
    const dy = op.dy + group * outBytes;
    for (let bandStart = 0; bandStart < op.outHeight; bandStart += band) {
      const bandEnd = min(bandStart + band, op.outHeight);
      let channel = 0;
      for (; channel + TILE <= op.outChannels; channel += TILE) addBand(TILE, op, x, dy, channel, bandStart, bandEnd);
      for (; channel < op.outChannels; channel++) addBand(1, op, x, dy, channel, bandStart, bandEnd);
      if (op.dBias != 0) addRows(dy + <usize>bandStart * outRow, dy + <usize>bandEnd * outRow, op.outChannels, biasSums);
    }
  }
  for (let i: usize = 0; i < <usize>weights; i++) {
    store<f32>(op.dFilter + (i << 2), sumOfLanes(v128.load(op.sums + i * VECTOR)));
  }
  if (op.dBias == 0) return;
  for (let out: usize = 0; out < <usize>op.outChannels; out++) {
    store<f32>(op.dBias + (out << 2), sumOfLanes(v128.load(biasSums + out * VECTOR)));
  }
}

/** Adds what the rows of a band give to the weights of `count` output channels. */
@inline
function addBand(
  count: i32,
  op: DepthwiseFilterGradientOp,
  x: usize,
  dy: usize,
  channel: i32,
  bandStart: i32,
  bandEnd: i32,
): void {
  const multiplier = op.outChannels / op.inChannels;
  const pixel = <usize>op.inChannels * GROUP;
  const row = <usize>op.inWidth * pixel;
  const outPixel = <usize>op.outChannels * GROUP;
  const outRow = <usize>op.outWidth * outPixel;
  const from = x + sourceOf(channel, multiplier, 1);
  const by = dy + <usize>channel * GROUP;
  for (let i = 0; i < op.filterHeight; i++) {
    const rowShift = i * op.dilationHeight - op.padTop;
    const firstRow = max(bandStart, firstInside(rowShift, op.strideHeight));
    const endRow = endInside(rowShift, op.strideHeight, op.inHeight, bandEnd);
    for (let j = 0; j < op.filterWidth; j++) {
      const shift = j * op.dilationWidth - op.padLeft;
      const first = firstInside(shift, op.strideWidth);
      const end = endInside(shift, op.strideWidth, op.inWidth, op.outWidth);
      if (first >= end || firstRow >= endRow) continue;
      addProducts(
        count,
        channel,
        multiplier,
        from + <usize>(firstRow * op.strideHeight + rowShift) * row + <usize>(first * op.strideWidth + shift) * pixel,
        by + <usize>firstRow * outRow + <usize>first * outPixel,
        endRow - firstRow,
        end - first,
        <usize>op.strideHeight * row,
        <usize>op.strideWidth * pixel,
        outRow,
        outPixel,
        op.sums + <usize>((i * op.filterWidth + j) * op.outChannels + channel) * VECTOR,
      );
    }
  }
}

@inline
function addProducts(
  count: i32,
  channel: i32,
  multiplier: i32,
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
  const start = sourceOf(channel, multiplier, 1);
  const second = sourceOf(channel + 1, multiplier, 1) - start;
  const third = sourceOf(channel + 2, multiplier, 1) - start;
  const fourth = sourceOf(channel + 3, multiplier, 1) - start;
  const zero = f32x4.splat(0);
  let a = v128.load(sums);
  let b = zero;
  let c = zero;
  let d = zero;
  if (count > 1) {
    b = v128.load(sums, 16);
    c = v128.load(sums, 32);
    d = v128.load(sums, 48);
  }
  let e = zero;
  let f = zero;
  let g = zero;
  let h = zero;
  for (let i = 0; i < rows; i++) {
    let p = x;
    let q = dy;
    for (let j = 0; j < columns; j++) {
      a = f32x4.add(a, f32x4.mul(v128.load(p), v128.load(q)));
      e = f32x4.add(e, f32x4.mul(v128.load(p, 16), v128.load(q, 16)));
      if (count > 1) {
        b = f32x4.add(b, f32x4.mul(v128.load(p + second), v128.load(q, 32)));
        f = f32x4.add(f, f32x4.mul(v128.load(p + second, 16), v128.load(q, 48)));
        c = f32x4.add(c, f32x4.mul(v128.load(p + third), v128.load(q, 64)));
        g = f32x4.add(g, f32x4.mul(v128.load(p + third, 16), v128.load(q, 80)));
        d = f32x4.add(d, f32x4.mul(v128.load(p + fourth), v128.load(q, 96)));
        h = f32x4.add(h, f32x4.mul(v128.load(p + fourth, 16), v128.load(q, 112)));
      }
      p += xColumn;
      q += dyColumn;
    }
    x += xRow;
    dy += dyRow;
  }
  v128.store(sums, f32x4.add(a, e));
  if (count > 1) {
    v128.store(sums, f32x4.add(b, f), 16);
    v128.store(sums, f32x4.add(c, g), 32);
    v128.store(sums, f32x4.add(d, h), 48);
  }
}

/** Adds the pixels from `dy` up to `end` to one sum per channel. */
function addRows(dy: usize, end: usize, channels: i32, sums: usize): void {
  while (dy < end) {
    for (let channel: usize = 0; channel < <usize>channels; channel++) {
      const sum = sums + channel * VECTOR;
      v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(v128.load(dy), v128.load(dy, 16))));
      dy += GROUP;
    }
  }
}
