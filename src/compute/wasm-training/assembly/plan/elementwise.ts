/** What is done element by element, in the batch-lanes layout: activations, sums, and copies of gradients. */
import { GROUP } from '../batch-lanes';

@unmanaged
export class ActivationOp {
  /** Elements of one image. */
  size: i32;
  /** 0: ReLU, 1: tanh, 2: sigmoid. */
  kind: i32;
  x: usize;
  /** May be x. */
  y: usize;
}

@unmanaged
export class ActivationGradientOp {
  /** Elements of one image. */
  size: i32;
  /** As in `ActivationOp`. */
  kind: i32;
  /** Output of the activation. */
  y: usize;
  dy: usize;
  /** May be dy. */
  dx: usize;
}

@unmanaged
export class AddOp {
  /** Elements of one image. */
  size: i32;
  a: usize;
  b: usize;
  /** May be a or b. */
  y: usize;
  relu: i32;
}

@unmanaged
export class CopyOp {
  /** Elements of one image. */
  size: i32;
  from: usize;
  to: usize;
}

const RELU: i32 = 0;
const TANH: i32 = 1;

export function activation(op: ActivationOp, groups: i32): void {
  const end = op.x + <usize>(op.size * groups) * GROUP;
  let y = op.y;
  if (op.kind == RELU) {
    for (let x = op.x; x < end; x += 16) {
      v128.store(y, f32x4.max(v128.load(x), f32x4.splat(0)));
      y += 16;
    }
    return;
  }
  for (let x = op.x; x < end; x += 4) {
    const value = <f64>load<f32>(x);
    store<f32>(y, <f32>(op.kind == TANH ? Math.tanh(value) : 1 / (1 + Math.exp(-value))));
    y += 4;
  }
}

export function activationGradient(op: ActivationGradientOp, groups: i32): void {
  const end = op.y + <usize>(op.size * groups) * GROUP;
  const one = f32x4.splat(1);
  let dy = op.dy;
  let dx = op.dx;
  for (let at = op.y; at < end; at += 16) {
    const y = v128.load(at);
    const given = v128.load(dy);
    let result = v128.and(given, f32x4.gt(y, f32x4.splat(0)));
    if (op.kind == TANH) result = f32x4.mul(given, f32x4.sub(one, f32x4.mul(y, y)));
    else if (op.kind != RELU) result = f32x4.mul(given, f32x4.mul(y, f32x4.sub(one, y)));
    v128.store(dx, result);
    dy += 16;
    dx += 16;
  }
}

export function add(op: AddOp, groups: i32): void {
  const end = op.a + <usize>(op.size * groups) * GROUP;
  const least = f32x4.splat(op.relu != 0 ? 0 : -Infinity);
  let b = op.b;
  let y = op.y;
  for (let a = op.a; a < end; a += 16) {
    v128.store(y, f32x4.max(f32x4.add(v128.load(a), v128.load(b)), least));
    b += 16;
    y += 16;
  }
}

export function copy(op: CopyOp, groups: i32): void {
  memory.copy(op.to, op.from, <usize>(op.size * groups) * GROUP);
}
