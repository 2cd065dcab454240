/**
 * Depthwise convolution in a plan, and its gradient by the input, in the batch-lanes layout. Each input channel c has
 * `multiplier` filters of its own, whose outputs are the channels c·multiplier … That makes the gradient by the input the
 * same walk over taps as the convolution: only which side has the more channels, and the direction through the filter,
 * change.
 */
import { ENTRY_BYTES, sourceStep, tapStep } from '../axis-plan';
import { GROUP } from '../batch-lanes';
import { ConvGeometry } from '../geometry';

/** Channels that are done side by side. */
export const TILE: i32 = 4;

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
export function sourceOf(channel: i32, shares: i32, reads: i32): usize {
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
