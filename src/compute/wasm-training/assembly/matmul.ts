/**
 * C = A·B for row-major matrices, either transposed. Eight columns of B at a time are packed side by side, whichever way
 * B lies; then tiles of four rows × eight columns are summed in registers. Where rows or columns do not divide, the last
 * tile is moved back over its neighbour and gives the same values again.
 */
import { transposeFour } from './batch-lanes';
import { rowTile } from './row-tile';

const PANEL: i32 = 8;
/** Bytes of a row of a panel. */
const BYTES: usize = 32;

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
      panel += BYTES;
    }
    return;
  }
  const row = (<usize>inner) << 2;
  const from = b + <usize>start * row;
  const whole = count == PANEL ? inner & ~3 : 0;
  for (let k = 0; k < whole; k += 4) {
    const at = from + ((<usize>k) << 2);
    transposeFour(at, row, panel, BYTES);
    transposeFour(at + 4 * row, row, panel + 16, BYTES);
    panel += 4 * BYTES;
  }
  for (let k = whole; k < inner; k++) {
    for (let i: usize = 0; i < <usize>count; i++) {
      store<f32>(panel + (i << 2), load<f32>(from + i * row + ((<usize>k) << 2)));
    }
    panel += BYTES;
  }
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
        rowTile(1, a + i * row, row, step, inner, 0, scratch, BYTES, inner, to + i * out, out, count, false, 0);
      continue;
    }
    for (let i = 0; i < rows; i += 4) {
      const at = <usize>min(i, rows - 4);
      rowTile(4, a + at * row, row, step, inner, 0, scratch, BYTES, inner, to + at * out, out, count, false, 0);
    }
  }
}
