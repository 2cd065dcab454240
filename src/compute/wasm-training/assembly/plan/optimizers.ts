/** Steps of the optimisers of TensorFlow.js on a run of adjacent weights. */

@unmanaged
export class SgdOp {
  count: i32;
  weights: usize;
  gradient: usize;
  rate: f32;
}

/** w ← w − rate · gradient */
export function sgd(op: SgdOp): void {
  let weights = op.weights;
  let gradient = op.gradient;
  const whole = op.count & ~3;
  const end = weights + ((<usize>whole) << 2);
  const rate = f32x4.splat(op.rate);
  while (weights < end) {
    v128.store(weights, f32x4.sub(v128.load(weights), f32x4.mul(v128.load(gradient), rate)));
    weights += 16;
    gradient += 16;
  }
  for (let i = whole; i < op.count; i++) {
    store<f32>(weights, load<f32>(weights) - load<f32>(gradient) * op.rate);
    weights += 4;
    gradient += 4;
  }
}
