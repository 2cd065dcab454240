/**
 * Max and average pooling in the batch-lanes layout, [groups][height][width][channels][8]: images with eight times as many
 * channels to pool.ts. Max pooling over windows of 2 × 2 side by side, the usual case, has loops of its own.
 */
import { GROUP, LANES } from '../batch-lanes';
import { ConvGeometry } from '../geometry';
import * as pool from '../pool';

@unmanaged
export class MaxPoolOp extends ConvGeometry {
  x: usize;
  y: usize;
}

@unmanaged
export class MaxPoolGradientOp extends ConvGeometry {
  x: usize;
  y: usize;
  dy: usize;
  dx: usize;
  /** Whether x is the output of a ReLU whose gradient is taken on the way: where y is 0 nothing passes. */
  relu: i32;
}

@unmanaged
export class AveragePoolOp extends ConvGeometry {
  x: usize;
  y: usize;
}

@unmanaged
export class AveragePoolGradientOp extends ConvGeometry {
  dy: usize;
  dx: usize;
}

/** y = mean of each window over the pixels inside the image. */
export function averagePool(op: AveragePoolOp, groups: i32): void {
  pool.averagePool(op, groups, op.inChannels * LANES, op.x, op.y);
}

/** dx = for each pixel the sum, over the windows that it is in, of dy / pixels of the window inside the image. */
export function averagePoolGradient(op: AveragePoolGradientOp, groups: i32): void {
  pool.averagePoolGradient(op, groups, op.inChannels * LANES, op.dy, op.dx);
}

/** Whether windows of 2 × 2 lie side by side, none of them over a border. */
@inline
function isSimple(g: ConvGeometry): bool {
  return (
    g.filterHeight == 2 &&
    g.filterWidth == 2 &&
    g.strideHeight == 2 &&
    g.strideWidth == 2 &&
    g.padTop == 0 &&
    g.padLeft == 0 &&
    g.outHeight * 2 <= g.inHeight &&
    g.outWidth * 2 <= g.inWidth
  );
}

/** y = the maximum of each window. */
export function maxPool(op: MaxPoolOp, groups: i32): void {
  if (!isSimple(op)) {
    pool.maxPool(op, groups, op.inChannels * LANES, op.x, op.y);
    return;
  }
  const pixel = <usize>op.inChannels * GROUP;
  const row = <usize>op.inWidth * pixel;
  let x = op.x;
  let y = op.y;
  for (let group = 0; group < groups; group++) {
    for (let h = 0; h < op.outHeight; h++) {
      poolRow(x + <usize>(2 * h) * row, row, y, op.outWidth, pixel);
      y += <usize>op.outWidth * pixel;
    }
    x += <usize>op.inHeight * row;
  }
}

/** A row of windows of 2 × 2. */
function poolRow(x: usize, row: usize, y: usize, columns: i32, pixel: usize): void {
  for (let w = 0; w < columns; w++) {
    const end = x + pixel;
    while (x < end) {
      const top = f32x4.max(v128.load(x), v128.load(x + pixel));
      const bottom = f32x4.max(v128.load(x + row), v128.load(x + row + pixel));
      v128.store(y, f32x4.max(top, bottom));
      x += 16;
      y += 16;
    }
    x += pixel;
  }
}

/** dx = dy at the first pixel of each window, in reading order, that equals its maximum; elsewhere 0. */
export function maxPoolGradient(op: MaxPoolGradientOp, groups: i32): void {
  const relu = op.relu != 0;
  if (!isSimple(op)) {
    pool.maxPoolGradient(op, groups, op.inChannels * LANES, op.dy, op.x, op.y, op.dx, relu);
    return;
  }
  const pixel = <usize>op.inChannels * GROUP;
  const row = <usize>op.inWidth * pixel;
  const outRow = <usize>op.outWidth * pixel;
  const groupBytes = <usize>op.inHeight * row;
  const covered = op.outHeight * 2 == op.inHeight && op.outWidth * 2 == op.inWidth;
  let x = op.x;
  let y = op.y;
  let dy = op.dy;
  let dx = op.dx;
  if (!covered) memory.fill(dx, 0, <usize>groups * groupBytes);
  for (let group = 0; group < groups; group++) {
    for (let h = 0; h < op.outHeight; h++) {
      const at = <usize>(2 * h) * row;
      gradientRow(x + at, row, y, dy, dx + at, op.outWidth, pixel, relu);
      y += outRow;
      dy += outRow;
    }
    x += groupBytes;
    dx += groupBytes;
  }
}

/** A row of windows of 2 × 2. */
function gradientRow(
  x: usize,
  row: usize,
  y: usize,
  dy: usize,
  dx: usize,
  columns: i32,
  pixel: usize,
  relu: bool,
): void {
  for (let w = 0; w < columns; w++) {
    const end = x + pixel;
    while (x < end) {
      const best = v128.load(y);
      let share = v128.load(dy);
      if (relu) share = v128.and(share, f32x4.gt(best, f32x4.splat(0)));
      const a = f32x4.eq(v128.load(x), best);
      v128.store(dx, v128.and(share, a));
      share = v128.andnot(share, a);
      const b = f32x4.eq(v128.load(x + pixel), best);
      v128.store(dx + pixel, v128.and(share, b));
      share = v128.andnot(share, b);
      const c = f32x4.eq(v128.load(x + row), best);
      v128.store(dx + row, v128.and(share, c));
      share = v128.andnot(share, c);
      const d = f32x4.eq(v128.load(x + row + pixel), best);
      v128.store(dx + row + pixel, v128.and(share, d));
      x += 16;
      dx += 16;
      y += 16;
      dy += 16;
    }
    x += pixel;
    dx += pixel;
  }
}
