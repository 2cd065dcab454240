/**
 * Fully connected layers in the batch-lanes layout: x is [groups][ins][8], y [groups][outs][8], weights [ins][outs] as
 * TensorFlow.js has them. Every tile sums in eight vector registers: eight images × four outputs or inputs, or, for the
 * weights' gradient, four inputs × eight outputs.
 */
import { GROUP, LANES, unpackImages } from '../batch-lanes';

/** Rows of weights in one panel of four columns: a panel, and the x it meets, stay in the nearest cache. */
const PANEL_ROWS: i32 = 256;

@unmanaged
export class DenseOp {
  ins: i32;
  outs: i32;
  x: usize;
  weights: usize;
  /** 0 for none. */
  bias: usize;
  y: usize;
  relu: i32;
  /** 256 × 4 floats. */
  panel: usize;
}

/** Columns start … start + width − 1 of `rows` rows, side by side. */
function packPanel(weights: usize, panel: usize, rows: i32, rowBytes: usize, width: i32): void {
  if (width == 4) {
    for (let row = 0; row < rows; row++) {
      v128.store(panel, v128.load(weights));
      weights += rowBytes;
      panel += 16;
    }
    return;
  }
  for (let row = 0; row < rows; row++) {
    for (let i: usize = 0; i < <usize>width; i++) store<f32>(panel + (i << 2), load<f32>(weights + (i << 2)));
    weights += rowBytes;
    panel += (<usize>width) << 2;
  }
}

/** Adds `rows` inputs to `width` outputs of one group; the first time they start from the bias at `bias`. */
@inline
function forwardTile(
  width: i32,
  y: usize,
  x: usize,
  panel: usize,
  rows: i32,
  first: bool,
  bias: usize,
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
  if (!first) {
    a0 = v128.load(y);
    a1 = v128.load(y, 16);
    if (width > 1) b0 = v128.load(y, 32);
    if (width > 1) b1 = v128.load(y, 48);
    if (width > 2) c0 = v128.load(y, 64);
    if (width > 2) c1 = v128.load(y, 80);
    if (width > 3) d0 = v128.load(y, 96);
    if (width > 3) d1 = v128.load(y, 112);
  } else if (bias != 0) {
    a0 = v128.load32_splat(bias);
    a1 = a0;
    if (width > 1) b0 = v128.load32_splat(bias, 4);
    b1 = b0;
    if (width > 2) c0 = v128.load32_splat(bias, 8);
    c1 = c0;
    if (width > 3) d0 = v128.load32_splat(bias, 12);
    d1 = d0;
  }
  const end = x + <usize>rows * GROUP;
  while (x < end) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const wa = v128.load32_splat(panel);
    a0 = f32x4.add(a0, f32x4.mul(x0, wa));
    a1 = f32x4.add(a1, f32x4.mul(x1, wa));
    if (width > 1) {
      const wb = v128.load32_splat(panel, 4);
      b0 = f32x4.add(b0, f32x4.mul(x0, wb));
      b1 = f32x4.add(b1, f32x4.mul(x1, wb));
    }
    if (width > 2) {
      const wc = v128.load32_splat(panel, 8);
      c0 = f32x4.add(c0, f32x4.mul(x0, wc));
      c1 = f32x4.add(c1, f32x4.mul(x1, wc));
    }
    if (width > 3) {
      const wd = v128.load32_splat(panel, 12);
      d0 = f32x4.add(d0, f32x4.mul(x0, wd));
      d1 = f32x4.add(d1, f32x4.mul(x1, wd));
    }
    x += GROUP;
    panel += (<usize>width) << 2;
  }
  const least = f32x4.splat(floor);
  v128.store(y, f32x4.max(a0, least));
  v128.store(y, f32x4.max(a1, least), 16);
  if (width > 1) v128.store(y, f32x4.max(b0, least), 32);
  if (width > 1) v128.store(y, f32x4.max(b1, least), 48);
  if (width > 2) v128.store(y, f32x4.max(c0, least), 64);
  if (width > 2) v128.store(y, f32x4.max(c1, least), 80);
  if (width > 3) v128.store(y, f32x4.max(d0, least), 96);
  if (width > 3) v128.store(y, f32x4.max(d1, least), 112);
}

function anyForwardTile(
  width: i32,
  y: usize,
  x: usize,
  panel: usize,
  rows: i32,
  first: bool,
  bias: usize,
  floor: f32,
): void {
  if (width == 4) forwardTile(4, y, x, panel, rows, first, bias, floor);
  else if (width == 3) forwardTile(3, y, x, panel, rows, first, bias, floor);
  else if (width == 2) forwardTile(2, y, x, panel, rows, first, bias, floor);
  else forwardTile(1, y, x, panel, rows, first, bias, floor);
}

export function dense(op: DenseOp, groups: i32): void {
  const rowBytes = (<usize>op.outs) << 2;
  const xGroup = <usize>op.ins * GROUP;
  const yGroup = <usize>op.outs * GROUP;
  for (let start = 0; start < op.ins; start += PANEL_ROWS) {
    const rows = min(PANEL_ROWS, op.ins - start);
    const floor: f32 = op.relu != 0 && start + rows == op.ins ? 0 : -Infinity;
    const x = op.x + <usize>start * GROUP;
    for (let out = 0; out < op.outs; out += 4) {
      const width = min(4, op.outs - out);
      const column = (<usize>out) << 2;
      packPanel(op.weights + <usize>start * rowBytes + column, op.panel, rows, rowBytes, width);
      const bias: usize = op.bias == 0 ? 0 : op.bias + column;
      const y = op.y + <usize>out * GROUP;
      for (let group: usize = 0; group < <usize>groups; group++) {
        anyForwardTile(width, y + group * yGroup, x + group * xGroup, op.panel, rows, start == 0, bias, floor);
      }
    }
  }
}

@unmanaged
export class DenseInputGradientOp {
  ins: i32;
  outs: i32;
  dy: usize;
  weights: usize;
  dx: usize;
}

/** dx of four inputs of one group, whose weights' rows lie `rowBytes` apart. */
function fourInputs(dx: usize, dy: usize, weights: usize, rowBytes: usize, outs: i32): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  let second = weights + rowBytes;
  let third = second + rowBytes;
  let fourth = third + rowBytes;
  const end = dy + <usize>outs * GROUP;
  while (dy < end) {
    const y0 = v128.load(dy);
    const y1 = v128.load(dy, 16);
    const wa = v128.load32_splat(weights);
    a0 = f32x4.add(a0, f32x4.mul(y0, wa));
    a1 = f32x4.add(a1, f32x4.mul(y1, wa));
    const wb = v128.load32_splat(second);
    b0 = f32x4.add(b0, f32x4.mul(y0, wb));
    b1 = f32x4.add(b1, f32x4.mul(y1, wb));
    const wc = v128.load32_splat(third);
    c0 = f32x4.add(c0, f32x4.mul(y0, wc));
    c1 = f32x4.add(c1, f32x4.mul(y1, wc));
    const wd = v128.load32_splat(fourth);
    d0 = f32x4.add(d0, f32x4.mul(y0, wd));
    d1 = f32x4.add(d1, f32x4.mul(y1, wd));
    dy += GROUP;
    weights += 4;
    second += 4;
    third += 4;
    fourth += 4;
  }
  v128.store(dx, a0);
  v128.store(dx, a1, 16);
  v128.store(dx, b0, 32);
  v128.store(dx, b1, 48);
  v128.store(dx, c0, 64);
  v128.store(dx, c1, 80);
  v128.store(dx, d0, 96);
  v128.store(dx, d1, 112);
}

function oneInput(dx: usize, dy: usize, weights: usize, outs: i32): void {
  let low = f32x4.splat(0);
  let high = low;
  const end = dy + <usize>outs * GROUP;
  while (dy < end) {
    const w = v128.load32_splat(weights);
    low = f32x4.add(low, f32x4.mul(v128.load(dy), w));
    high = f32x4.add(high, f32x4.mul(v128.load(dy, 16), w));
    dy += GROUP;
    weights += 4;
  }
  v128.store(dx, low);
  v128.store(dx, high, 16);
}

export function denseInputGradient(op: DenseInputGradientOp, groups: i32): void {
  const rowBytes = (<usize>op.outs) << 2;
  const xGroup = <usize>op.ins * GROUP;
  const yGroup = <usize>op.outs * GROUP;
  const whole = op.ins & ~3;
  for (let i = 0; i < op.ins; i += i < whole ? 4 : 1) {
    const weights = op.weights + <usize>i * rowBytes;
    for (let group: usize = 0; group < <usize>groups; group++) {
      const dx = op.dx + group * xGroup + <usize>i * GROUP;
      const dy = op.dy + group * yGroup;
      if (i < whole) fourInputs(dx, dy, weights, rowBytes, op.outs);
      else oneInput(dx, dy, weights, op.outs);
    }
  }
}

@unmanaged
export class DenseGradientOp {
  ins: i32;
  outs: i32;
  x: usize;
  dy: usize;
  /** Where the gradient goes, or 0: then the step −rate · gradient is added to the weights and bias at once. */
  dWeights: usize;
  /** 0 for none. */
  dBias: usize;
  weights: usize;
  bias: usize;
  rate: f32;
  /** dy as [images][outs rounded up to 8]. */
  rows: usize;
}

/** Four inputs, `apart` bytes apart, × eight outputs, summed over all images. */
@inline
function gradientTile(
  ins: i32,
  x: usize,
  xGroup: usize,
  rows: usize,
  rowBytes: usize,
  images: i32,
  to: usize,
  toRow: usize,
  width: i32,
  step: bool,
  rate: f32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let b0 = a0;
  let b1 = a0;
  let c0 = a0;
  let c1 = a0;
  let d0 = a0;
  let d1 = a0;
  for (let left = images; left > 0; left -= LANES) {
    let at = x;
    const end = at + ((<usize>min(left, LANES)) << 2);
    while (at < end) {
      const y0 = v128.load(rows);
      const y1 = v128.load(rows, 16);
      const p = v128.load32_splat(at);
      a0 = f32x4.add(a0, f32x4.mul(y0, p));
      a1 = f32x4.add(a1, f32x4.mul(y1, p));
      if (ins > 1) {
        const q = v128.load32_splat(at, 32);
        b0 = f32x4.add(b0, f32x4.mul(y0, q));
        b1 = f32x4.add(b1, f32x4.mul(y1, q));
        const r = v128.load32_splat(at, 64);
        c0 = f32x4.add(c0, f32x4.mul(y0, r));
        c1 = f32x4.add(c1, f32x4.mul(y1, r));
        const s = v128.load32_splat(at, 96);
        d0 = f32x4.add(d0, f32x4.mul(y0, s));
        d1 = f32x4.add(d1, f32x4.mul(y1, s));
      }
      rows += rowBytes;
      at += 4;
    }
    x += xGroup;
  }
  putRow(to, a0, a1, width, step, rate);
  if (ins > 1) {
    putRow(to + toRow, b0, b1, width, step, rate);
    putRow(to + 2 * toRow, c0, c1, width, step, rate);
    putRow(to + 3 * toRow, d0, d1, width, step, rate);
  }
}

/** Stores `width` of eight values, or takes a step with them. */
@inline
function putRow(to: usize, low: v128, high: v128, width: i32, step: bool, rate: f32): void {
  if (width == 8) {
    if (step) {
      const factor = f32x4.splat(rate);
      v128.store(to, f32x4.sub(v128.load(to), f32x4.mul(low, factor)));
      v128.store(to, f32x4.sub(v128.load(to, 16), f32x4.mul(high, factor)), 16);
    } else {
      v128.store(to, low);
      v128.store(to, high, 16);
    }
  } else {
    putSome(to, low, high, width, step, rate);
  }
}

function putSome(to: usize, low: v128, high: v128, width: i32, step: bool, rate: f32): void {
  for (let i = 0; i < width; i++) {
    const value = f32x4.extract_lane(low, 0);
    store<f32>(to, step ? load<f32>(to) - value * rate : value);
    low = i == 3 ? high : v128.shuffle<f32>(low, low, 1, 2, 3, 0);
    to += 4;
  }
}

function fourGradients(
  x: usize,
  xGroup: usize,
  rows: usize,
  rowBytes: usize,
  images: i32,
  to: usize,
  toRow: usize,
  width: i32,
  step: bool,
  rate: f32,
): void {
  gradientTile(4, x, xGroup, rows, rowBytes, images, to, toRow, width, step, rate);
}

function oneGradient(
  x: usize,
  xGroup: usize,
  rows: usize,
  rowBytes: usize,
  images: i32,
  to: usize,
  toRow: usize,
  width: i32,
  step: bool,
  rate: f32,
): void {
  gradientTile(1, x, xGroup, rows, rowBytes, images, to, toRow, width, step, rate);
}

/** Gradients of the weights and the bias, or the step that they give. */
export function denseGradient(op: DenseGradientOp, images: i32): void {
  const padded = (op.outs + 7) & ~7;
  const rowBytes = (<usize>padded) << 2;
  const xGroup = <usize>op.ins * GROUP;
  const toRow = (<usize>op.outs) << 2;
  transposeRows(op, images, padded);
  const step = op.dWeights == 0;
  const target = step ? op.weights : op.dWeights;
  const whole = op.ins & ~3;
  for (let i = 0; i < op.ins; i += i < whole ? 4 : 1) {
    const x = op.x + <usize>i * GROUP;
    for (let out = 0; out < op.outs; out += 8) {
      const column = (<usize>out) << 2;
      const to = target + <usize>i * toRow + column;
      const width = min(8, op.outs - out);
      if (i < whole)
        fourGradients(x, xGroup, op.rows + column, rowBytes, images, to, toRow, width, step, op.rate);
      else oneGradient(x, xGroup, op.rows + column, rowBytes, images, to, toRow, width, step, op.rate);
    }
  }
  const bias = step ? op.bias : op.dBias;
  if (bias == 0) return;
  for (let out: usize = 0; out < <usize>op.outs; out++) {
    let sum: f32 = 0;
    let at = op.rows + (out << 2);
    for (let image = 0; image < images; image++) {
      sum += load<f32>(at);
      at += rowBytes;
    }
    const to = bias + (out << 2);
    store<f32>(to, step ? load<f32>(to) - sum * op.rate : sum);
  }
}

/** dy as one row per image, zeros after the last output. */
function transposeRows(op: DenseGradientOp, images: i32, padded: i32): void {
  const yGroup = <usize>op.outs * GROUP;
  const rowBytes = (<usize>padded) << 2;
  let dy = op.dy;
  let to = op.rows;
  for (let left = images; left > 0; left -= LANES) {
    const count = min(left, LANES);
    if (padded == op.outs) {
      unpackImages(dy, to, count, op.outs);
    } else {
      memory.fill(to, 0, <usize>count * rowBytes);
      for (let out: usize = 0; out < <usize>op.outs; out++) {
        for (let image: usize = 0; image < <usize>count; image++) {
          store<f32>(to + image * rowBytes + (out << 2), load<f32>(dy + out * GROUP + (image << 2)));
        }
      }
    }
    dy += yGroup;
    to += <usize>count * rowBytes;
  }
}
