/**
 * Batch normalisation over images and pixels, one mean and variance per channel, in the batch-lanes layout
 * [groups][pixels][channels][8]. Lanes without an image are left out of every sum, and their gradient is 0. A sum runs in
 * float32 over the pixels of one group, in blocks, and in double precision over the blocks.
 */
import { GROUP, LANES } from '../batch-lanes';
import { sumOfLanes } from '../lane-sums';

/** Pixels whose values are added in float32. */
const BLOCK: i32 = 64;
/** Bytes of one channel's two sums, in double precision. */
const SUMS: usize = 16;

@unmanaged
export class BatchNormOp {
  pixels: i32;
  channels: i32;
  x: usize;
  y: usize;
  gamma: usize;
  beta: usize;
  movingMean: usize;
  movingVariance: usize;
  /** A float per channel each: mean of the batch, and 1 / √(variance + epsilon). */
  mean: usize;
  scale: usize;
  /** Two f64 per channel. */
  sums: usize;
  epsilon: f32;
  /** How far the moving statistics move. */
  decay: f32;
  relu: i32;
}

@unmanaged
export class BatchNormGradientOp {
  pixels: i32;
  channels: i32;
  x: usize;
  dy: usize;
  /** 0 where none is wanted. */
  dx: usize;
  gamma: usize;
  dGamma: usize;
  dBeta: usize;
  mean: usize;
  scale: usize;
  /** Two f64 per channel. */
  sums: usize;
}

/** Ones in the lanes of a group's images, for the first or second four of them. */
@inline
function laneMask(images: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(images));
}

/** Which of two sums: of x, of (x − mean)², or of dy and dy · (x − mean). */
const PLAIN: i32 = 0;
const SQUARES: i32 = 1;
const PRODUCTS: i32 = 2;

/** Adds the sums of all images to `sums`, per channel: one in the first f64, `PRODUCTS` a second in the other. */
@inline
function addSums(
  kind: i32,
  values: usize,
  x: usize,
  mean: usize,
  sums: usize,
  pixels: i32,
  channels: i32,
  images: i32,
): void {
  memory.fill(sums, 0, <usize>channels * SUMS);
  const pixel = <usize>channels * GROUP;
  for (let left = images; left > 0; left -= LANES) {
    const low = laneMask(left);
    const high = laneMask(left - 4);
    for (let start = 0; start < pixels; start += BLOCK) {
      const count = min(BLOCK, pixels - start);
      for (let channel: usize = 0; channel < <usize>channels; channel++) {
        const aside = <usize>start * pixel + channel * GROUP;
        const middle = kind == PLAIN ? f32x4.splat(0) : v128.load32_splat(mean + (channel << 2));
        let at = values + aside;
        let by = x + aside;
        let a0 = f32x4.splat(0);
        let a1 = a0;
        let b0 = a0;
        let b1 = a0;
        for (let i = 0; i < count; i++) {
          const v0 = v128.and(v128.load(at), low);
          const v1 = v128.and(v128.load(at, 16), high);
          if (kind == PLAIN) {
            a0 = f32x4.add(a0, v0);
            a1 = f32x4.add(a1, v1);
          } else if (kind == SQUARES) {
            const d0 = v128.and(f32x4.sub(v0, middle), low);
            const d1 = v128.and(f32x4.sub(v1, middle), high);
            a0 = f32x4.add(a0, f32x4.mul(d0, d0));
            a1 = f32x4.add(a1, f32x4.mul(d1, d1));
          } else {
            a0 = f32x4.add(a0, v0);
            a1 = f32x4.add(a1, v1);
            b0 = f32x4.add(b0, f32x4.mul(v0, f32x4.sub(v128.load(by), middle)));
            b1 = f32x4.add(b1, f32x4.mul(v1, f32x4.sub(v128.load(by, 16), middle)));
            by += pixel;
          }
          at += pixel;
        }
        const to = sums + channel * SUMS;
        store<f64>(to, load<f64>(to) + <f64>sumOfLanes(f32x4.add(a0, a1)));
        if (kind == PRODUCTS) store<f64>(to, load<f64>(to, 8) + <f64>sumOfLanes(f32x4.add(b0, b1)), 8);
      }
    }
    values += <usize>pixels * pixel;
    x += <usize>pixels * pixel;
  }
}

/** y = (x − mean) · factor + beta, where factor is gamma · scale. */
function normalize(
  x: usize,
  y: usize,
  mean: usize,
  scale: usize,
  gamma: usize,
  beta: usize,
  rows: i32,
  channels: i32,
  floor: f32,
): void {
  const pixel = <usize>channels * GROUP;
  const least = f32x4.splat(floor);
  for (let row = 0; row < rows; row++) {
    for (let channel: usize = 0; channel < <usize>channels; channel++) {
      const at = channel << 2;
      const middle = v128.load32_splat(mean + at);
      const factor = f32x4.mul(v128.load32_splat(scale + at), v128.load32_splat(gamma + at));
      const offset = v128.load32_splat(beta + at);
      const from = x + channel * GROUP;
      const to = y + channel * GROUP;
      const y0 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(from), middle), factor), offset);
      const y1 = f32x4.add(f32x4.mul(f32x4.sub(v128.load(from, 16), middle), factor), offset);
      v128.store(to, f32x4.max(y0, least));
      v128.store(to, f32x4.max(y1, least), 16);
    }
    x += pixel;
    y += pixel;
  }
}

@inline
function inverseRoot(variance: f64, epsilon: f32): f32 {
  return <f32>(1 / Math.sqrt(variance + <f64>epsilon));
}

/** Normalises with the statistics of the batch, and moves the moving ones towards them. */
export function batchNorm(op: BatchNormOp, images: i32): void {
  const channels = op.channels;
  const count = <f64>images * <f64>op.pixels;
  addSums(PLAIN, op.x, 0, 0, op.sums, op.pixels, channels, images);
  for (let channel: usize = 0; channel < <usize>channels; channel++) {
    store<f32>(op.mean + (channel << 2), <f32>(load<f64>(op.sums + channel * SUMS) / count));
  }
  addSums(SQUARES, op.x, 0, op.mean, op.sums, op.pixels, channels, images);
  for (let channel: usize = 0; channel < <usize>channels; channel++) {
    const at = channel << 2;
    const variance = load<f64>(op.sums + channel * SUMS) / count;
    store<f32>(op.scale + at, inverseRoot(variance, op.epsilon));
    move(op.movingMean + at, load<f32>(op.mean + at), op.decay);
    move(op.movingVariance + at, <f32>variance, op.decay);
  }
  const groups = (images + LANES - 1) / LANES;
  const floor: f32 = op.relu != 0 ? 0 : -Infinity;
  normalize(op.x, op.y, op.mean, op.scale, op.gamma, op.beta, groups * op.pixels, channels, floor);
}

@inline
function move(moving: usize, value: f32, decay: f32): void {
  const was = load<f32>(moving);
  store<f32>(moving, was - (was - value) * decay);
}

/** Normalises with the moving statistics. */
export function batchNormInference(op: BatchNormOp, groups: i32): void {
  for (let channel: usize = 0; channel < <usize>op.channels; channel++) {
    const at = channel << 2;
    store<f32>(op.scale + at, inverseRoot(<f64>load<f32>(op.movingVariance + at), op.epsilon));
  }
  const floor: f32 = op.relu != 0 ? 0 : -Infinity;
  normalize(op.x, op.y, op.movingMean, op.scale, op.gamma, op.beta, groups * op.pixels, op.channels, floor);
}

/** dx = gamma · scale · (dy − mean of dy − (x − mean) · scale² · mean of dy · (x − mean)) */
export function batchNormGradient(op: BatchNormGradientOp, images: i32): void {
  const channels = op.channels;
  const count = <f64>images * <f64>op.pixels;
  addSums(PRODUCTS, op.dy, op.x, op.mean, op.sums, op.pixels, channels, images);
  for (let channel: usize = 0; channel < <usize>channels; channel++) {
    const at = channel << 2;
    const sums = op.sums + channel * SUMS;
    const scale = <f64>load<f32>(op.scale + at);
    if (op.dGamma != 0) {
      store<f32>(op.dBeta + at, <f32>load<f64>(sums));
      store<f32>(op.dGamma + at, <f32>(load<f64>(sums, 8) * scale));
    }
    // What is taken off every element, as two floats in the place of the first sum.
    const meanOfDy = <f32>(load<f64>(sums) / count);
    const slope = <f32>((load<f64>(sums, 8) / count) * scale * scale);
    store<f32>(sums, meanOfDy);
    store<f32>(sums, slope, 4);
  }
  if (op.dx == 0) return;
  const pixel = <usize>channels * GROUP;
  let x = op.x;
  let dy = op.dy;
  let dx = op.dx;
  for (let left = images; left > 0; left -= LANES) {
    const low = laneMask(left);
    const high = laneMask(left - 4);
    for (let i = 0; i < op.pixels; i++) {
      for (let channel: usize = 0; channel < <usize>channels; channel++) {
        const at = channel << 2;
        const aside = channel * GROUP;
        const middle = v128.load32_splat(op.mean + at);
        const factor = f32x4.mul(v128.load32_splat(op.scale + at), v128.load32_splat(op.gamma + at));
        const meanOfDy = v128.load32_splat(op.sums + channel * SUMS);
        const slope = v128.load32_splat(op.sums + channel * SUMS, 4);
        const x0 = f32x4.mul(f32x4.sub(v128.load(x + aside), middle), slope);
        const x1 = f32x4.mul(f32x4.sub(v128.load(x + aside, 16), middle), slope);
        const d0 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(dy + aside), meanOfDy), x0), factor);
        const d1 = f32x4.mul(f32x4.sub(f32x4.sub(v128.load(dy + aside, 16), meanOfDy), x1), factor);
        v128.store(dx + aside, v128.and(d0, low));
        v128.store(dx + aside, v128.and(d1, high), 16);
      }
      x += pixel;
      dy += pixel;
      dx += pixel;
    }
  }
}
