/** What is done element by element, in the batch-lanes layout: activations, and sums of gradients. */
import { GROUP } from '../batch-lanes';

@unmanaged
export class ReluGradientOp {
  /** Elements of one image. */
  size: i32;
  /** Output of the ReLU. */
  y: usize;
  /** Becomes 0 where y is 0. */
  dy: usize;
}

export function reluGradient(op: ReluGradientOp, groups: i32): void {
  const end = op.y + <usize>(op.size * groups) * GROUP;
  let dy = op.dy;
  for (let y = op.y; y < end; y += 16) {
    v128.store(dy, v128.and(v128.load(dy), f32x4.gt(v128.load(y), f32x4.splat(0))));
    dy += 16;
  }
}
