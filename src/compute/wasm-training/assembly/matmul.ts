/**
 * C = A·B for row-major matrices, either transposed. Eight columns of B at a time are packed side by side, whichever way
 * B lies; then tiles of four rows × eight columns are summed in registers. Where rows or columns do not divide, the last
 * tile is moved back over its neighbour and gives the same values again.
 */
import { transposeFour } from './batch-lanes';

const PANEL: i32 = 8;

/** `count` columns of B from `start`, as [inner][8]; columns that are not there are zero. */
function packPanel(
  b: usize,
  panel: usize,
  inner: i32,
  columns: i32,
  start: i32,
  count: i32,
  transposed: bool,
): void {
  if (count < PANEL) memory.fill(panel, 0, (<usize>(inner * PANEL)) << 2);
  if (!transposed) {
    let from = b + ((<usize>start) << 2);
    const row = (<usize>columns) << 2;
    for (let k = 0; k < inner; k++) {
      if (count == PANEL) {
        v128.store(panel, v128.load(from));
        v128.store(panel, v128.load(from, 16), 16);
      } else {
        for (let i: usize = 0; i < <usize>count; i++)
          store<f32>(panel + (i << 2), load<f32>(from + (i << 2)));
      }
      from += row;
      panel += PANEL << 2;
    }
    return;
  }
  const row = (<usize>inner) << 2;
  const from = b + <usize>start * row;
  const whole = count == PANEL ? inner & ~3 : 0;
  for (let k = 0; k < whole; k += 4) {
    const at = from + ((<usize>k) << 2);
    transposeFour(at, row, panel, PANEL << 2);
    transposeFour(at + 4 * row, row, panel + 16, PANEL << 2);
    panel += 4 * (PANEL << 2);
  }
  for (let k = whole; k < inner; k++) {
    for (let i: usize = 0; i < <usize>count; i++) {
      store<f32>(panel + (i << 2), load<f32>(from + i * row + ((<usize>k) << 2)));
    }
    panel += PANEL << 2;
  }
}

@inline
function storeRow(to: usize, low: v128, high: v128, count: i32): void {
  if (count == PANEL) {
    v128.store(to, low);
    v128.store(to, high, 16);
    return;
  }
  if (count >= 4) {
    v128.store(to, low);
    to += 16;
    low = high;
    count -= 4;
  }
  if (count > 0) v128.store32_lane(to, low, 0);
  if (count > 1) v128.store32_lane(to, low, 1, 4);
  if (count > 2) v128.store32_lane(to, low, 2, 8);
}

/** Four rows from `a`, which lie `row` bytes apart, their elements `step` bytes apart. */
function fourRows(
  a: usize,
  row: usize,
  step: usize,
  panel: usize,
  inner: i32,
  c: usize,
  out: usize,
  count: i32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let d0 = f32x4.splat(0);
  let d1 = f32x4.splat(0);
  const end = panel + ((<usize>(inner * PANEL)) << 2);
  let second = a + row;
  let third = second + row;
  let fourth = third + row;
  while (panel < end) {
    const low = v128.load(panel);
    const high = v128.load(panel, 16);
    const p = v128.load32_splat(a);
    a0 = f32x4.add(a0, f32x4.mul(low, p));
    a1 = f32x4.add(a1, f32x4.mul(high, p));
    const q = v128.load32_splat(second);
    b0 = f32x4.add(b0, f32x4.mul(low, q));
    b1 = f32x4.add(b1, f32x4.mul(high, q));
    const r = v128.load32_splat(third);
    c0 = f32x4.add(c0, f32x4.mul(low, r));
    c1 = f32x4.add(c1, f32x4.mul(high, r));
    const s = v128.load32_splat(fourth);
    d0 = f32x4.add(d0, f32x4.mul(low, s));
    d1 = f32x4.add(d1, f32x4.mul(high, s));
    panel += PANEL << 2;
    a += step;
    second += step;
    third += step;
    fourth += step;
  }
  storeRow(c, a0, a1, count);
  storeRow(c + out, b0, b1, count);
  storeRow(c + 2 * out, c0, c1, count);
  storeRow(c + 3 * out, d0, d1, count);
}

function oneRow(a: usize, step: usize, panel: usize, inner: i32, c: usize, count: i32): void {
  let low = f32x4.splat(0);
  let high = f32x4.splat(0);
  const end = panel + ((<usize>(inner * PANEL)) << 2);
  while (panel < end) {
    const p = v128.load32_splat(a);
    low = f32x4.add(low, f32x4.mul(v128.load(panel), p));
    high = f32x4.add(high, f32x4.mul(v128.load(panel, 16), p));
    panel += PANEL << 2;
    a += step;
  }
  storeRow(c, low, high, count);
}

/**
 * C [rows, columns] = A·B, where A is [rows, inner], or [inner, rows] if transposed, and B is [inner, columns], or
 * [columns, inner] if transposed.
 *
 * @param scratch 8 floats per inner element
 */
export function matMul(
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  inner: i32,
  columns: i32,
  transposeA: bool,
  transposeB: bool,
  scratch: usize,
): void {
  const row = transposeA ? <usize>4 : (<usize>inner) << 2;
  const step = transposeA ? (<usize>rows) << 2 : <usize>4;
  const out = (<usize>columns) << 2;
  for (let start = 0; start < columns; start += PANEL) {
    const first = columns < PANEL ? 0 : min(start, columns - PANEL);
    const count = min(PANEL, columns);
    packPanel(b, scratch, inner, columns, first, count, transposeB);
    const to = c + ((<usize>first) << 2);
    if (rows < 4) {
      for (let i: usize = 0; i < <usize>rows; i++)
        oneRow(a + i * row, step, scratch, inner, to + i * out, count);
      continue;
    }
    for (let i = 0; i < rows; i += 4) {
      const at = <usize>min(i, rows - 4);
      fourRows(a + at * row, row, step, scratch, inner, to + at * out, out, count);
    }
  }
}
