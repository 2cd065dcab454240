/**
 * Convolution in a plan: x, y and their gradients are groups of eight images in the batch-lanes layout already, so nothing
 * is packed but the filter. The plans of the axes are made once, when the plan is (`axisPlan`).
 */
import { planAxis } from '../axis-plan';
import { GROUP } from '../batch-lanes';
import { convolve, convolveBack, packFilter, packFilterBack } from '../conv-passes';
import { ConvGeometry } from '../geometry';

@unmanaged
export class AxisPlanOp {
  plan: usize;
  destinationSize: i32;
  sourceSize: i32;
  taps: i32;
  multiplier: i32;
  offset: i32;
  dilation: i32;
  divisor: i32;
}

export function axisPlan(op: AxisPlanOp): void {
  planAxis(
    op.plan,
    op.destinationSize,
    op.sourceSize,
    op.taps,
    op.multiplier,
    op.offset,
    op.dilation,
    op.divisor,
  );
}

@unmanaged
export class ConvolutionOp extends ConvGeometry {
  x: usize;
  filter: usize;
  /** 0 for none. */
  bias: usize;
  y: usize;
  relu: i32;
  rowPlan: usize;
  columnPlan: usize;
  /** For the packed filter. */
  packed: usize;
  /** 0, or the most tiles in a block of Winograd's algorithm. */
  tiles: i32;
  /** For that algorithm. */
  scratch: usize;
}

/** Bytes of one group of x. */
@inline
export function inBytes(g: ConvGeometry): usize {
  return <usize>(g.inHeight * g.inWidth * g.inChannels) * GROUP;
}

/** Bytes of one group of y. */
@inline
export function outBytes(g: ConvGeometry): usize {
  return <usize>(g.outHeight * g.outWidth * g.outChannels) * GROUP;
}

export function convolution(op: ConvolutionOp, groups: i32): void {
  packFilter(op, op.filter, op.bias, op.tiles, op.packed);
  let x = op.x;
  let y = op.y;
  for (let group = 0; group < groups; group++) {
    convolve(op, x, op.packed, op.bias, op.relu != 0, y, op.rowPlan, op.columnPlan, op.tiles, op.scratch);
    x += inBytes(op);
    y += outBytes(op);
  }
}

@unmanaged
export class ConvolutionInputGradientOp extends ConvGeometry {
  dy: usize;
  filter: usize;
  dx: usize;
  rowPlan: usize;
  columnPlan: usize;
  /** The others as in `ConvolutionOp`. */
  packed: usize;
  tiles: i32;
  scratch: usize;
}

export function convolutionInputGradient(op: ConvolutionInputGradientOp, groups: i32): void {
  packFilterBack(op, op.filter, op.tiles, op.packed);
  let dy = op.dy;
  let dx = op.dx;
  for (let group = 0; group < groups; group++) {
    convolveBack(op, dy, op.packed, dx, op.rowPlan, op.columnPlan, op.tiles, op.scratch);
    dy += outBytes(op);
    dx += inBytes(op);
  }
}
