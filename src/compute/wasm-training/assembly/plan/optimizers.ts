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

@unmanaged
export class MomentumOp {
  count: i32;
  weights: usize;
  gradient: usize;
  /** A float per weight, 0 at first. */
  velocity: usize;
  rate: f32;
  momentum: f32;
}

/** v ← momentum · v + gradient; w ← w − rate · v */
export function momentum(op: MomentumOp): void {
  const end = (<usize>op.count) << 2;
  for (let at: usize = 0; at < end; at += 4) {
    const velocity = load<f32>(op.velocity + at) * op.momentum + load<f32>(op.gradient + at);
    store<f32>(op.velocity + at, velocity);
    store<f32>(op.weights + at, load<f32>(op.weights + at) - velocity * op.rate);
  }
}

@unmanaged
export class AdamOp {
  count: i32;
  weights: usize;
  gradient: usize;
  /** A float per weight each, 0 at first. */
  first: usize;
  second: usize;
  /** Two floats, beta1 and beta2 to the power of the steps taken; 1 at first. The last operation of a step moves them. */
  powers: usize;
  rate: f32;
  beta1: f32;
  beta2: f32;
  /** 1 − beta1 and 1 − beta2, which float32 could not give with enough digits. */
  share1: f32;
  share2: f32;
  epsilon: f32;
}

/** m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − rate · (m / (1−β₁ᵗ)) / (√(v / (1−β₂ᵗ)) + ε) */
export function adam(op: AdamOp): void {
  const correction1 = <f32>1 - load<f32>(op.powers) * op.beta1;
  const correction2 = <f32>1 - load<f32>(op.powers, 4) * op.beta2;
  const end = (<usize>op.count) << 2;
  for (let at: usize = 0; at < end; at += 4) {
    const gradient = load<f32>(op.gradient + at);
    const first = load<f32>(op.first + at) * op.beta1 + gradient * op.share1;
    const second = load<f32>(op.second + at) * op.beta2 + gradient * gradient * op.share2;
    store<f32>(op.first + at, first);
    store<f32>(op.second + at, second);
    const step = first / correction1 / (Mathf.sqrt(second / correction2) + op.epsilon);
    store<f32>(op.weights + at, load<f32>(op.weights + at) - step * op.rate);
  }
}

@unmanaged
export class AdamPowersOp {
  powers: usize;
  beta1: f32;
  beta2: f32;
}

/** Ends a step of Adam. */
export function adamPowers(op: AdamPowersOp): void {
  store<f32>(op.powers, load<f32>(op.powers) * op.beta1);
  store<f32>(op.powers, load<f32>(op.powers, 4) * op.beta2, 4);
}
