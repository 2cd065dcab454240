/**
 * Sum of each column of a matrix: the gradient of a bias, the mean of a channel. Blocks of rows are summed apart and then
 * added up, so that rounding errors grow with the root of the rows rather than with the rows.
 */

/** Rows of one block; a multiple of four. */
const BLOCK: i32 = 128;

/** Four adjacent columns. */
@inline
function fourColumns(source: usize, rows: i32, bytes: usize): v128 {
  let total = f32x4.splat(0);
  for (let start = 0; start < rows; start += BLOCK) {
    const count = min(BLOCK, rows - start);
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      a = f32x4.add(a, v128.load(source));
      b = f32x4.add(b, v128.load(source + bytes));
      c = f32x4.add(c, v128.load(source + 2 * bytes));
      d = f32x4.add(d, v128.load(source + 3 * bytes));
      source += 4 * bytes;
    }
    for (; i < count; i++) {
      a = f32x4.add(a, v128.load(source));
      source += bytes;
    }
    total = f32x4.add(total, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  }
  return total;
}

function oneColumn(source: usize, rows: i32, bytes: usize): f32 {
  let total: f32 = 0;
  for (let start = 0; start < rows; start += BLOCK) {
    const count = min(BLOCK, rows - start);
    let block: f32 = 0;
    for (let i = 0; i < count; i++) {
      block += load<f32>(source);
      source += bytes;
    }
    total += block;
  }
  return total;
}

/** sums[j] = scale · Σ_i matrix[i, j]. */
export function sumColumns(matrix: usize, sums: usize, rows: i32, columns: i32, scale: f32): void {
  const bytes = (<usize>columns) << 2;
  if (columns < 4) {
    for (let j: usize = 0; j < <usize>columns; j++) {
      store<f32>(sums + (j << 2), oneColumn(matrix + (j << 2), rows, bytes) * scale);
    }
    return;
  }
  const factor = f32x4.splat(scale);
  for (let j = 0; j < columns; j += 4) {
    const at = (<usize>min(j, columns - 4)) << 2;
    v128.store(sums + at, f32x4.mul(fourColumns(matrix + at, rows, bytes), factor));
  }
}
