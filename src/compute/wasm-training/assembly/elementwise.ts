/**
 * Sums, differences, products and quotients of two arrays, where one may be repeated: as a whole row over all rows (a
 * bias, a channel's scale), or as a single number. And the gradient of ReLU.
 */

const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;
// 3 is division.

@inline
function combine(kind: i32, a: v128, b: v128): v128 {
  if (kind == ADD) return f32x4.add(a, b);
  if (kind == SUBTRACT) return f32x4.sub(a, b);
  if (kind == MULTIPLY) return f32x4.mul(a, b);
  return f32x4.div(a, b);
}

@inline
function combineOne(kind: i32, a: f32, b: f32): f32 {
  if (kind == ADD) return a + b;
  if (kind == SUBTRACT) return a - b;
  if (kind == MULTIPLY) return a * b;
  return a / b;
}

@inline
function whole(kind: i32, a: usize, b: usize, c: usize, size: i32): void {
  const end = c + ((<usize>(size & ~3)) << 2);
  while (c < end) {
    v128.store(c, combine(kind, v128.load(a), v128.load(b)));
    a += 16;
    b += 16;
    c += 16;
  }
  for (let i: usize = 0; i < <usize>(size & 3); i++) {
    const at = i << 2;
    store<f32>(c + at, combineOne(kind, load<f32>(a + at), load<f32>(b + at)));
  }
}

/** b is one number. */
@inline
function number(kind: i32, a: usize, b: f32, c: usize, size: i32, swapped: bool): void {
  const all = f32x4.splat(b);
  const end = c + ((<usize>(size & ~3)) << 2);
  while (c < end) {
    const v = v128.load(a);
    v128.store(c, swapped ? combine(kind, all, v) : combine(kind, v, all));
    a += 16;
    c += 16;
  }
  for (let i: usize = 0; i < <usize>(size & 3); i++) {
    const at = i << 2;
    const v = load<f32>(a + at);
    store<f32>(c + at, swapped ? combineOne(kind, b, v) : combineOne(kind, v, b));
  }
}

/** b is one row of `columns`, at least four; the last vector of a row is moved back and gives the same values again. */
@inline
function row(kind: i32, a: usize, b: usize, c: usize, rows: i32, columns: i32, swapped: bool): void {
  const bytes = (<usize>columns) << 2;
  const last = bytes - 16;
  for (let i = 0; i < rows; i++) {
    let at: usize = 0;
    while (at < last) {
      const v = v128.load(a + at);
      const w = v128.load(b + at);
      v128.store(c + at, swapped ? combine(kind, w, v) : combine(kind, v, w));
      at += 16;
    }
    const v = v128.load(a + last);
    const w = v128.load(b + last);
    v128.store(c + last, swapped ? combine(kind, w, v) : combine(kind, v, w));
    a += bytes;
    c += bytes;
  }
}

@inline
function narrowRow(kind: i32, a: usize, b: usize, c: usize, rows: i32, columns: i32, swapped: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns; j++) {
      const at = j << 2;
      const v = load<f32>(a + at);
      const w = load<f32>(b + at);
      store<f32>(c + at, swapped ? combineOne(kind, w, v) : combineOne(kind, v, w));
    }
    a += (<usize>columns) << 2;
    c += (<usize>columns) << 2;
  }
}

@inline
function binaryOf(
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  columns: i32,
  repeat: i32,
  swapped: bool,
): void {
  if (repeat == 0) whole(kind, a, b, c, rows * columns);
  else if (repeat == 1) number(kind, a, load<f32>(b), c, rows * columns, swapped);
  else if (columns >= 4) row(kind, a, b, c, rows, columns, swapped);
  else narrowRow(kind, a, b, c, rows, columns, swapped);
}

/**
 * c = a ∘ b over rows × columns.
 *
 * @param kind 0 add, 1 subtract, 2 multiply, 3 divide
 * @param repeat what b is: 0 as large as a, 1 one number, 2 one row
 * @param swapped b is the left operand
 */
export function binary(
  kind: i32,
  a: usize,
  b: usize,
  c: usize,
  rows: i32,
  columns: i32,
  repeat: i32,
  swapped: bool,
): void {
  if (kind == ADD) binaryOf(ADD, a, b, c, rows, columns, repeat, false);
  else if (kind == SUBTRACT) binaryOf(SUBTRACT, a, b, c, rows, columns, repeat, swapped);
  else if (kind == MULTIPLY) binaryOf(MULTIPLY, a, b, c, rows, columns, repeat, false);
  else binaryOf(3, a, b, c, rows, columns, repeat, swapped);
}

/** dx = dy where x > 0, otherwise 0 (also where x is NaN). */
export function reluGradient(dy: usize, x: usize, dx: usize, size: i32): void {
  const zero = f32x4.splat(0);
  const end = dx + ((<usize>(size & ~3)) << 2);
  while (dx < end) {
    v128.store(dx, v128.and(v128.load(dy), f32x4.gt(v128.load(x), zero)));
    dy += 16;
    x += 16;
    dx += 16;
  }
  for (let i: usize = 0; i < <usize>(size & 3); i++) {
    const at = i << 2;
    store<f32>(dx + at, load<f32>(x + at) > 0 ? load<f32>(dy + at) : 0);
  }
}
