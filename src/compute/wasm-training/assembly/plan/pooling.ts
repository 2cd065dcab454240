/**
 * Max and average pooling in the batch-lanes layout, [groups][height][width][channels][8]. Max pooling over windows of
 * 2 × 2 side by side, the usual case, has loops of its own.
 */
import { GROUP } from '../batch-lanes';
import { ConvGeometry } from '../geometry';

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

/** First tap of a window that begins at `start` which is inside the image. */
@inline
function firstTap(start: i32): i32 {
  return start >= 0 ? 0 : -start;
}

/** One past the last tap that is inside. */
@inline
function endTap(start: i32, taps: i32, size: i32): i32 {
  return start >= size ? 0 : min(taps, size - start);
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

export function maxPool(op: MaxPoolOp, groups: i32): void {
  const pixel = <usize>op.inChannels * GROUP;
  const row = <usize>op.inWidth * pixel;
  const simple = isSimple(op);
  let x = op.x;
  let y = op.y;
  for (let group = 0; group < groups; group++) {
    for (let h = 0; h < op.outHeight; h++) {
      if (simple) {
        poolRow(x + <usize>(2 * h) * row, row, y, op.outWidth, pixel);
        y += <usize>op.outWidth * pixel;
        continue;
      }
      const top = h * op.strideHeight - op.padTop;
      const rowTap = firstTap(top);
      const rows = endTap(top, op.filterHeight, op.inHeight) - rowTap;
      for (let w = 0; w < op.outWidth; w++) {
        const left = w * op.strideWidth - op.padLeft;
        const columnTap = firstTap(left);
        const columns = endTap(left, op.filterWidth, op.inWidth) - columnTap;
        const corner = x + <usize>(top + rowTap) * row + <usize>(left + columnTap) * pixel;
        maxOfWindow(corner, row, pixel, rows, columns, y);
        y += pixel;
      }
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

function maxOfWindow(corner: usize, row: usize, pixel: usize, rows: i32, columns: i32, y: usize): void {
  for (let at: usize = 0; at < pixel; at += 16) {
    let best = f32x4.splat(-Infinity);
    let rowStart = corner + at;
    for (let i = 0; i < rows; i++) {
      let p = rowStart;
      for (let j = 0; j < columns; j++) {
        best = f32x4.max(best, v128.load(p));
        p += pixel;
      }
      rowStart += row;
    }
    v128.store(y + at, best);
  }
}

/** dx = dy at the first pixel of each window, in reading order, that equals its maximum; elsewhere 0. */
export function maxPoolGradient(op: MaxPoolGradientOp, groups: i32): void {
  const pixel = <usize>op.inChannels * GROUP;
  const row = <usize>op.inWidth * pixel;
  const outRow = <usize>op.outWidth * pixel;
  const groupBytes = <usize>op.inHeight * row;
  const simple = isSimple(op);
  const covered = simple && op.outHeight * 2 == op.inHeight && op.outWidth * 2 == op.inWidth;
  let x = op.x;
  let y = op.y;
  let dy = op.dy;
  let dx = op.dx;
  if (!covered) memory.fill(dx, 0, <usize>groups * groupBytes);
  for (let group = 0; group < groups; group++) {
    for (let h = 0; h < op.outHeight; h++) {
      if (simple) {
        const at = <usize>(2 * h) * row;
        gradientRow(x + at, row, y, dy, dx + at, op.outWidth, pixel, op.relu != 0);
        y += outRow;
        dy += outRow;
        continue;
      }
      const top = h * op.strideHeight - op.padTop;
      const rowTap = firstTap(top);
      const rows = endTap(top, op.filterHeight, op.inHeight) - rowTap;
      for (let w = 0; w < op.outWidth; w++) {
        const left = w * op.strideWidth - op.padLeft;
        const columnTap = firstTap(left);
        const columns = endTap(left, op.filterWidth, op.inWidth) - columnTap;
        const corner = <usize>(top + rowTap) * row + <usize>(left + columnTap) * pixel;
        gradientOfWindow(x + corner, row, pixel, rows, columns, y, dy, dx + corner, op.relu != 0);
        y += pixel;
        dy += pixel;
      }
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

function gradientOfWindow(
  x: usize,
  row: usize,
  pixel: usize,
  rows: i32,
  columns: i32,
  y: usize,
  dy: usize,
  dx: usize,
  relu: bool,
): void {
  for (let at: usize = 0; at < pixel; at += 16) {
    const best = v128.load(y + at);
    let share = v128.load(dy + at);
    if (relu) share = v128.and(share, f32x4.gt(best, f32x4.splat(0)));
    let rowStart = at;
    for (let i = 0; i < rows; i++) {
      let p = rowStart;
      for (let j = 0; j < columns; j++) {
        const hit = f32x4.eq(v128.load(x + p), best);
        v128.store(dx + p, f32x4.add(v128.load(dx + p), v128.and(share, hit)));
        share = v128.andnot(share, hit);
        p += pixel;
      }
      rowStart += row;
    }
  }
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
  const pixel = <usize>op.inChannels * GROUP;
  const row = <usize>op.inWidth * pixel;
  let x = op.x;
  let y = op.y;
  for (let group = 0; group < groups; group++) {
    for (let h = 0; h < op.outHeight; h++) {
      const top = h * op.strideHeight - op.padTop;
      const rowTap = firstTap(top);
      const rows = endTap(top, op.filterHeight, op.inHeight) - rowTap;
      for (let w = 0; w < op.outWidth; w++) {
        const left = w * op.strideWidth - op.padLeft;
        const columnTap = firstTap(left);
        const columns = endTap(left, op.filterWidth, op.inWidth) - columnTap;
        const corner = x + <usize>(top + rowTap) * row + <usize>(left + columnTap) * pixel;
        meanOfWindow(corner, row, pixel, rows, columns, y);
        y += pixel;
      }
    }
    x += <usize>op.inHeight * row;
  }
}

function meanOfWindow(corner: usize, row: usize, pixel: usize, rows: i32, columns: i32, y: usize): void {
  const count = f32x4.splat(<f32>(rows * columns));
  for (let at: usize = 0; at < pixel; at += 16) {
    let sum = f32x4.splat(0);
    let rowStart = corner + at;
    for (let i = 0; i < rows; i++) {
      let p = rowStart;
      for (let j = 0; j < columns; j++) {
        sum = f32x4.add(sum, v128.load(p));
        p += pixel;
      }
      rowStart += row;
    }
    v128.store(y + at, f32x4.div(sum, count));
  }
}

/** dx = for each pixel the sum, over the windows that it is in, of dy / pixels of the window inside the image. */
export function averagePoolGradient(op: AveragePoolGradientOp, groups: i32): void {
  const pixel = <usize>op.inChannels * GROUP;
  const row = <usize>op.inWidth * pixel;
  const groupBytes = <usize>op.inHeight * row;
  let dy = op.dy;
  let dx = op.dx;
  memory.fill(dx, 0, <usize>groups * groupBytes);
  for (let group = 0; group < groups; group++) {
    for (let h = 0; h < op.outHeight; h++) {
      const top = h * op.strideHeight - op.padTop;
      const rowTap = firstTap(top);
      const rows = endTap(top, op.filterHeight, op.inHeight) - rowTap;
      for (let w = 0; w < op.outWidth; w++) {
        const left = w * op.strideWidth - op.padLeft;
        const columnTap = firstTap(left);
        const columns = endTap(left, op.filterWidth, op.inWidth) - columnTap;
        const corner = dx + <usize>(top + rowTap) * row + <usize>(left + columnTap) * pixel;
        spreadOverWindow(corner, row, pixel, rows, columns, dy);
        dy += pixel;
      }
    }
    dx += groupBytes;
  }
}

function spreadOverWindow(corner: usize, row: usize, pixel: usize, rows: i32, columns: i32, dy: usize): void {
  const count = f32x4.splat(<f32>(rows * columns));
  for (let at: usize = 0; at < pixel; at += 16) {
    const share = f32x4.div(v128.load(dy + at), count);
    let rowStart = corner + at;
    for (let i = 0; i < rows; i++) {
      let p = rowStart;
      for (let j = 0; j < columns; j++) {
        v128.store(p, f32x4.add(v128.load(p), share));
        p += pixel;
      }
      rowStart += row;
    }
  }
}
