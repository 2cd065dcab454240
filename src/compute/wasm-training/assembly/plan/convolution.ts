/**
 * Convolution in a plan: x, y and their gradients are groups of eight images in the batch-lanes layout already, so nothing
 * is packed but the filter. The plans of the axes are made once, when the plan is (`axisPlan`).
 */
import { planAxis, sourceStep, tapStep } from '../axis-plan';
import { GROUP } from '../batch-lanes';
import { packFilter, packFlippedFilter } from '../conv2d';
import { correlate } from '../correlate';
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
  /** A float per weight and output channel. */
  packed: usize;
}

export function convolution(op: ConvolutionOp, groups: i32): void {
  const inBytes = <usize>(op.inHeight * op.inWidth * op.inChannels) * GROUP;
  const outBytes = <usize>(op.outHeight * op.outWidth * op.outChannels) * GROUP;
  packFilter(
    op.filter,
    op.bias,
    op.packed,
    op.filterHeight * op.filterWidth * op.inChannels,
    op.outChannels,
  );
  for (let group: usize = 0; group < <usize>groups; group++) {
    correlate(
      op.x + group * inBytes,
      op.packed,
      op.y + group * outBytes,
      op.rowPlan,
      op.columnPlan,
      op.inWidth,
      op.inChannels,
      op.outHeight,
      op.outWidth,
      op.outChannels,
      op.filterHeight,
      op.filterWidth,
      1,
      1,
      op.dilationHeight,
      op.dilationWidth,
      op.relu != 0 ? 0 : -Infinity,
    );
  }
}

@unmanaged
export class ConvolutionInputGradientOp extends ConvGeometry {
  dy: usize;
  filter: usize;
  dx: usize;
  rowPlan: usize;
  columnPlan: usize;
  /** A float per weight and input channel. */
  packed: usize;
}

export function convolutionInputGradient(op: ConvolutionInputGradientOp, groups: i32): void {
  const inBytes = <usize>(op.inHeight * op.inWidth * op.inChannels) * GROUP;
  const outBytes = <usize>(op.outHeight * op.outWidth * op.outChannels) * GROUP;
  packFlippedFilter(op.filter, op.packed, op.filterHeight * op.filterWidth, op.inChannels, op.outChannels);
  for (let group: usize = 0; group < <usize>groups; group++) {
    correlate(
      op.dy + group * outBytes,
      op.packed,
      op.dx + group * inBytes,
      op.rowPlan,
      op.columnPlan,
      op.outWidth,
      op.outChannels,
      op.inHeight,
      op.inWidth,
      op.inChannels,
      op.filterHeight,
      op.filterWidth,
      tapStep(op.dilationHeight, op.strideHeight),
      tapStep(op.dilationWidth, op.strideWidth),
      sourceStep(op.dilationHeight, op.strideHeight),
      sourceStep(op.dilationWidth, op.strideWidth),
      -Infinity,
    );
  }
}
