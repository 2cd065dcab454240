/**
 * Dropout as TensorFlow.js 4.22 has it: y = x · ⌊u + keep⌋ / keep in float32, with one u an element, in the order of the
 * examples, from the Alea generator (Johannes Baagøe, 2010) whose state JavaScript writes before the step. Alea is exact in
 * double precision, so the masks are those of TensorFlow.js to the bit.
 */
import { GROUP } from '../batch-lanes';

@unmanaged
export class DropoutOp {
  /** Elements of one image. */
  size: i32;
  /** 1 − rate. */
  keep: f32;
  /** Three f64: the generator's numbers after seeding. Not changed. */
  state: usize;
  x: usize;
  y: usize;
  /** Receives what each element is multiplied by, of x's shape. Lanes without an image keep what they have. */
  mask: usize;
}

@unmanaged
export class MultiplyOp {
  /** Elements of one image. */
  size: i32;
  a: usize;
  b: usize;
  /** May be a or b. */
  y: usize;
}

export function dropout(op: DropoutOp, images: i32): void {
  const size = <usize>op.size;
  const groups = <usize>((images + 7) >> 3);
  let s0 = load<f64>(op.state);
  let s1 = load<f64>(op.state, 8);
  let s2 = load<f64>(op.state, 16);
  let carry: f64 = 1;
  for (let image: usize = 0; image < <usize>images; image++) {
    let to = op.mask + (image >> 3) * size * GROUP + ((image & 7) << 2);
    for (let i: usize = 0; i < size; i++) {
      const t = 2091639.0 * s0 + carry * 2.3283064365386963e-10; // 2⁻³²
      carry = trunc(t);
      s0 = s1;
      s1 = s2;
      s2 = t - carry;
      store<f32>(to, floor(<f32>s2 + op.keep) / op.keep);
      to += GROUP;
    }
  }
  product(op.x, op.mask, op.y, groups * size * GROUP);
}

export function multiply(op: MultiplyOp, groups: i32): void {
  product(op.a, op.b, op.y, <usize>(op.size * groups) * GROUP);
}

function product(a: usize, b: usize, y: usize, bytes: usize): void {
  const end = a + bytes;
  while (a < end) {
    v128.store(y, f32x4.mul(v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    y += 16;
  }
}
