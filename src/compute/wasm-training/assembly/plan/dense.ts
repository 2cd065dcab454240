/**
 * Fully connected layers in the batch-lanes layout: x is [groups][ins][8], y [groups][outs][8], weights [ins][outs] as
 * TensorFlow.js has them. Forward a tile sums eight images × four outputs (lane-tile.ts); backward, four inputs × eight
 * images or, for the weights' gradient, × eight outputs (row-tile.ts).
 */
import { GROUP, LANES, unpackImages } from '../batch-lanes';
import { anyLaneTile, packStart, packWeights } from '../lane-tile';
import { rowTile } from '../row-tile';

/** Rows of weights in one panel of four columns, below the bias: a panel, and the x it meets, stay in the nearest cache. */
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
  /** 257 × 4 floats. */
  panel: usize;
}

export function dense(op: DenseOp, groups: i32): void {
  const rowBytes = (<usize>op.outs) << 2;
  const xGroup = <usize>op.ins * GROUP;
  const yGroup = <usize>op.outs * GROUP;
  for (let first = 0; first < op.ins; first += PANEL_ROWS) {
    const rows = min(PANEL_ROWS, op.ins - first);
    const floor: f32 = op.relu != 0 && first + rows == op.ins ? 0 : -Infinity;
    for (let out = 0; out < op.outs; out += 4) {
      const width = min(4, op.outs - out);
      const column = (<usize>out) << 2;
      const panel = packStart(op.bias == 0 ? 0 : op.bias + column, width, op.panel);
      packWeights(op.weights + <usize>first * rowBytes + column, rowBytes, rows, width, panel);
      const start: usize = first == 0 ? op.panel : 0;
      let x = op.x + <usize>first * GROUP;
      let y = op.y + <usize>out * GROUP;
      for (let group = 0; group < groups; group++) {
        anyLaneTile(width, y, x, panel, 1, 1, rows, 0, 0, 0, 0, start, floor);
        x += xGroup;
        y += yGroup;
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

export function denseInputGradient(op: DenseInputGradientOp, groups: i32): void {
  const row = (<usize>op.outs) << 2;
  const xGroup = <usize>op.ins * GROUP;
  const yGroup = <usize>op.outs * GROUP;
  const whole = op.ins & ~3;
  for (let i = 0; i < op.ins; i += i < whole ? 4 : 1) {
    const weights = op.weights + <usize>i * row;
    let dx = op.dx + <usize>i * GROUP;
    let dy = op.dy;
    for (let group = 0; group < groups; group++) {
      if (i < whole) rowTile(4, weights, row, 4, op.outs, 0, dy, GROUP, op.outs, dx, GROUP, 8, false, 0);
      else rowTile(1, weights, row, 4, op.outs, 0, dy, GROUP, op.outs, dx, GROUP, 8, false, 0);
      dx += xGroup;
      dy += yGroup;
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
      const rows = op.rows + column;
      if (i < whole)
        rowTile(4, x, GROUP, 4, LANES, xGroup, rows, rowBytes, images, to, toRow, width, step, op.rate);
      else rowTile(1, x, GROUP, 4, LANES, xGroup, rows, rowBytes, images, to, toRow, width, step, op.rate);
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
