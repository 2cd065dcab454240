/** A window of an image in the batch-lanes layout, with zeros where it reaches over the border. */
import { GROUP } from './batch-lanes';

/** Bytes after each row, so that the rows of an image as wide as a power of two do not compete for one place of the cache. */
const ROW_GAP: usize = 64;

/** Bytes from one row of a block to the next. */
@inline
export function blockRow(columns: i32, channels: i32): usize {
  return <usize>(columns * channels) * GROUP + ROW_GAP;
}

/** Copies `rows` × `columns` pixels from (`top`, `left`), which may lie outside, to rows `blockRow` bytes apart. */
export function padBlock(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  rows: i32,
  columns: i32,
  to: usize,
): void {
  const pixel = <usize>channels * GROUP;
  const first = min(columns, max(0, -left));
  const count = max(0, min(columns, width - left) - first);
  const before = <usize>first * pixel;
  const inside = <usize>count * pixel;
  const after = <usize>(columns - first - count) * pixel;
  const step = blockRow(columns, channels);
  for (let row = top; row < top + rows; row++) {
    if (row < 0 || row >= height) {
      memory.fill(to, 0, <usize>columns * pixel);
    } else {
      if (before > 0) memory.fill(to, 0, before);
      memory.copy(to + before, image + <usize>(row * width + left + first) * pixel, inside);
      if (after > 0) memory.fill(to + before + inside, 0, after);
    }
    to += step;
  }
}
