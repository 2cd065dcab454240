/**
 * Depthwise convolution in a plan, and its gradients, in the batch-lanes layout. Each input channel c has `multiplier`
 * filters of its own, whose outputs are the channels c·multiplier … That makes the gradient by the input the same walk
 * over taps as the convolution: only which side has the more channels, and the direction through the filter, change.
 */
import { ENTRY_BYTES, sourceStep, tapStep } from '../axis-plan';
import { GROUP } from '../batch-lanes';
import { endInside, firstInside } from '../axis-range';
import { ConvGeometry } from '../geometry';
import { sumOfLanes } from '../lane-sums';

/** Channels that are done side by side. */
const TILE: i32 = 4;
const VECTOR: usize = 16;
/** What a band's rows of one tile of x and dy may take of the nearest cache. */
const BAND_BYTES: i32 = 20480;

@unmanaged
export class DepthwiseOp extends ConvGeometry {
  x: usize;
  /** [height][width][inChannels][multiplier] */
  filter: usize;
  /** 0 for none. */
  bias: usize;
  y: usize;
  relu: i32;
  rowPlan: usize;
  columnPlan: usize;
}

@unmanaged
export class DepthwiseInputGradientOp extends ConvGeometry {
  dy: usize;
  filter: usize;
  dx: usize;
  rowPlan: usize;
  columnPlan: usize;
}

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

export function depthwise(op: DepthwiseOp, groups: i32): void {
  const least = f32x4.splat(op.relu != 0 ? 0 : -Infinity);
  walk(op, true, op.x, op.filter, op.bias, least, op.y, op.rowPlan, op.columnPlan, groups);
}

export function depthwiseInputGradient(op: DepthwiseInputGradientOp, groups: i32): void {
  const least = f32x4.splat(-Infinity);
  walk(op, false, op.dy, op.filter, 0, least, op.dx, op.rowPlan, op.columnPlan, groups);
}

/**
 * For each destination pixel, the sum over the taps that reach a source pixel. Forward the source is x; else it is dy, and the
 * plans of the axes count taps from the filter's far end.
 */
function walk(
  g: ConvGeometry,
  forward: bool,
  source: usize,
  filter: usize,
  bias: usize,
  least: v128,
  to: usize,
  rowPlan: usize,
  columnPlan: usize,
  groups: i32,
): void {
  const multiplier = g.outChannels / g.inChannels;
  const height = forward ? g.outHeight : g.inHeight;
  const width = forward ? g.outWidth : g.inWidth;
  const channels = forward ? g.outChannels : g.inChannels;
  // A destination channel reads the source channels from channel·reads / shares on, so many as `reads`.
  const shares = forward ? multiplier : 1;
  const reads = forward ? 1 : multiplier;
  const pixel = <usize>(forward ? g.inChannels : g.outChannels) * GROUP;
  const row = <usize>(forward ? g.inWidth : g.outWidth) * pixel;
  const groupBytes = <usize>(forward ? g.inHeight : g.outHeight) * row;
  const rowBytes = row * <usize>(forward ? g.dilationHeight : sourceStep(g.dilationHeight, g.strideHeight));
  const columnBytes = pixel * <usize>(forward ? g.dilationWidth : sourceStep(g.dilationWidth, g.strideWidth));

  const tap = g.outChannels << 2;
  const tapRow = g.filterWidth * tap;
  const last = filter + <usize>((g.filterHeight - 1) * tapRow + (g.filterWidth - 1) * tap);
  const firstWeight = forward ? filter : last;
  const direction = forward ? 1 : -1;
  const tapRows = tapRow * direction * (forward ? 1 : tapStep(g.dilationHeight, g.strideHeight));
  const tapColumns = tap * direction * (forward ? 1 : tapStep(g.dilationWidth, g.strideWidth));

  for (let group = 0; group < groups; group++) {
    for (let h = 0; h < height; h++) {
      const rowEntry = rowPlan + <usize>h * ENTRY_BYTES;
      const rows = load<i32>(rowEntry, 4);
      const sourceRow = source + <usize>load<i32>(rowEntry, 8) * row;
      const weightRow = firstWeight + <usize>(load<i32>(rowEntry) * tapRow * direction);
      for (let w = 0; w < width; w++) {
        const columnEntry = columnPlan + <usize>w * ENTRY_BYTES;
        const columns = load<i32>(columnEntry, 4);
        const at = sourceRow + <usize>load<i32>(columnEntry, 8) * pixel;
        const by = weightRow + <usize>(load<i32>(columnEntry) * tap * direction);
        let channel = 0;
        for (; channel + TILE <= channels; channel += TILE) {
          tile(
            TILE, channel, shares, reads, at, by, bias, least, to,
            rows, columns, rowBytes, columnBytes, <usize>tapRows, <usize>tapColumns,
          );
          to += <usize>TILE * GROUP;
        }
        for (; channel < channels; channel++) {
          tile(
            1, channel, shares, reads, at, by, bias, least, to,
            rows, columns, rowBytes, columnBytes, <usize>tapRows, <usize>tapColumns,
          );
          to += GROUP;
        }
      }
    }
    source += groupBytes;
  }
}

/** Offset of the first source channel of a destination channel. */
@inline
function sourceOf(channel: i32, shares: i32, reads: i32): usize {
  return <usize>(shares == 1 ? channel * reads : (channel / shares) * reads) * GROUP;
}

/** One destination pixel, `count` channels of it: 4, or 1. */
@inline
function tile(
  count: i32,
  channel: i32,
  shares: i32,
  reads: i32,
  at: usize,
  by: usize,
  bias: usize,
  least: v128,
  to: usize,
  rows: i32,
  columns: i32,
  rowBytes: usize,
  columnBytes: usize,
  tapRows: usize,
  tapColumns: usize,
): void {
  const start = sourceOf(channel, shares, reads);
  const second = sourceOf(channel + 1, shares, reads) - start;
  const third = sourceOf(channel + 2, shares, reads) - start;
  const fourth = sourceOf(channel + 3, shares, reads) - start;
  const weight = (<usize>reads) << 2;
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  if (bias != 0) {
    const from = bias + ((<usize>channel) << 2);
    a = v128.load32_splat(from);
    if (count > 1) {
      b = v128.load32_splat(from, 4);
      c = v128.load32_splat(from, 8);
      d = v128.load32_splat(from, 12);
    }
  }
  let e = a;
  let f = b;
  let g = c;
  let h = d;
  let sourceStart = at + start;
  let weightStart = by + <usize>channel * weight;
  for (let read = 0; read < reads; read++) {
    let sourceRow = sourceStart;
    let weightRow = weightStart;
    for (let i = 0; i < rows; i++) {
      let p = sourceRow;
      let w = weightRow;
      for (let j = 0; j < columns; j++) {
        const u = v128.load32_splat(w);
        a = f32x4.add(a, f32x4.mul(v128.load(p), u));
        e = f32x4.add(e, f32x4.mul(v128.load(p, 16), u));
        if (count > 1) {
          const v = v128.load32_splat(w + weight);
          b = f32x4.add(b, f32x4.mul(v128.load(p + second), v));
          f = f32x4.add(f, f32x4.mul(v128.load(p + second, 16), v));
          const x = v128.load32_splat(w + 2 * weight);
          c = f32x4.add(c, f32x4.mul(v128.load(p + third), x));
          g = f32x4.add(g, f32x4.mul(v128.load(p + third, 16), x));
          const y = v128.load32_splat(w + 3 * weight);
          d = f32x4.add(d, f32x4.mul(v128.load(p + fourth), y));
          h = f32x4.add(h, f32x4.mul(v128.load(p + fourth, 16), y));
        }
        p += columnBytes;
        w += tapColumns;
      }
      sourceRow += rowBytes;
      weightRow += tapRows;
    }
    sourceStart += GROUP;
    weightStart += 4;
  }
  v128.store(to, f32x4.max(a, least));
  v128.store(to, f32x4.max(e, least), 16);
  if (count > 1) {
    v128.store(to, f32x4.max(b, least), 32);
    v128.store(to, f32x4.max(f, least), 48);
    v128.store(to, f32x4.max(c, least), 64);
    v128.store(to, f32x4.max(g, least), 80);
    v128.store(to, f32x4.max(d, least), 96);
    v128.store(to, f32x4.max(h, least), 112);
  }
}

/**
 * Sums stay apart by lane until the end, so the order of additions depends on the shapes alone. A band of rows is walked once
 * for each tile of channels and each tap, while the nearest cache holds it.
 */
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
