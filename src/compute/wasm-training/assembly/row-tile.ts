/**
 * The tile of a product of matrices: four rows, or one, × eight columns, in eight registers. Each element of a row is
 * multiplied with eight adjacent elements of the other matrix.
 */

/**
 * Sums a[row][k] · b[k][0 … 7] over `inner` k.
 *
 * @param rows 4 or 1, `aRow` bytes apart
 * @param aStep bytes from one k to the next
 * @param block k that lie `aStep` apart; the next so many begin `aBlock` bytes on
 * @param bStep bytes from one k to the next in b
 * @param count columns (1 … 8) that are written, to rows `toRow` bytes apart
 * @param step what is at `to` takes a step of `rate` against the sums; else they are stored
 */
@inline
export function rowTile(
  rows: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  block: i32,
  aBlock: usize,
  b: usize,
  bStep: usize,
  inner: i32,
  to: usize,
  toRow: usize,
  count: i32,
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
  for (let left = inner; left > 0; left -= block) {
    let at = a;
    let second = at + aRow;
    let third = second + aRow;
    let fourth = third + aRow;
    const end = b + <usize>min(left, block) * bStep;
    while (b < end) {
      const low = v128.load(b);
      const high = v128.load(b, 16);
      const p = v128.load32_splat(at);
      a0 = f32x4.add(a0, f32x4.mul(low, p));
      a1 = f32x4.add(a1, f32x4.mul(high, p));
      if (rows > 1) {
        const q = v128.load32_splat(second);
        b0 = f32x4.add(b0, f32x4.mul(low, q));
        b1 = f32x4.add(b1, f32x4.mul(high, q));
        const r = v128.load32_splat(third);
        c0 = f32x4.add(c0, f32x4.mul(low, r));
        c1 = f32x4.add(c1, f32x4.mul(high, r));
        const s = v128.load32_splat(fourth);
        d0 = f32x4.add(d0, f32x4.mul(low, s));
        d1 = f32x4.add(d1, f32x4.mul(high, s));
        second += aStep;
        third += aStep;
        fourth += aStep;
      }
      b += bStep;
      at += aStep;
    }
    a += aBlock;
  }
  putRow(to, a0, a1, count, step, rate);
  if (rows > 1) {
    putRow(to + toRow, b0, b1, count, step, rate);
    putRow(to + 2 * toRow, c0, c1, count, step, rate);
    putRow(to + 3 * toRow, d0, d1, count, step, rate);
  }
}

/** Stores `count` of eight values, or takes a step with them. */
@inline
function putRow(to: usize, low: v128, high: v128, count: i32, step: bool, rate: f32): void {
  if (count < 8) {
    putSome(to, low, high, count, step, rate);
  } else if (step) {
    const factor = f32x4.splat(rate);
    v128.store(to, f32x4.sub(v128.load(to), f32x4.mul(low, factor)));
    v128.store(to, f32x4.sub(v128.load(to, 16), f32x4.mul(high, factor)), 16);
  } else {
    v128.store(to, low);
    v128.store(to, high, 16);
  }
}

function putSome(to: usize, low: v128, high: v128, count: i32, step: bool, rate: f32): void {
  for (let i = 0; i < count; i++) {
    const value = f32x4.extract_lane(low, 0);
    store<f32>(to, step ? load<f32>(to) - value * rate : value);
    low = i == 3 ? high : v128.shuffle<f32>(low, low, 1, 2, 3, 0);
    to += 4;
  }
}
