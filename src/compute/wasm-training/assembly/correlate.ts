/**
 * Correlation of eight images with a filter, in the batch-lanes layout [height][width][channels][8]: a convolution
 * forward, and its gradient by the input, are both this sum with different plans (see axis-plan.ts). A tile of four
 * destination channels of one pixel, or of two channels of two pixels, is held in registers while all taps and source
 * channels pass.
 */
import { ENTRY_BYTES } from './axis-plan';
import { GROUP } from './batch-lanes';
import { anyLaneTile } from './lane-tile';

/** As `laneTile`, for at most two destination channels of two pixels whose sources lie `apart` bytes apart. */
@inline
function pairTile(
  width: i32,
  destination: usize,
  pixelStep: usize,
  source: usize,
  apart: usize,
  filter: usize,
  rows: i32,
  columns: i32,
  run: i32,
  sourceRowStep: usize,
  sourceColumnStep: usize,
  filterRowStep: usize,
  filterColumnStep: usize,
  bias: usize,
  floor: f32,
): void {
  let a0 = v128.load32_splat(bias);
  let b0 = a0;
  if (width > 1) b0 = v128.load32_splat(bias, 4);
  let a1 = a0;
  let b1 = b0;
  let c0 = a0;
  let c1 = a0;
  let d0 = b0;
  let d1 = b0;
  const runBytes = <usize>run * GROUP;
  for (let row = 0; row < rows; row++) {
    let columnSource = source;
    let columnFilter = filter;
    for (let column = 0; column < columns; column++) {
      let at = columnSource;
      let second = at + apart;
      let weights = columnFilter;
      const end = at + runBytes;
      while (at < end) {
        const x0 = v128.load(at);
        const x1 = v128.load(at, 16);
        const y0 = v128.load(second);
        const y1 = v128.load(second, 16);
        const wa = v128.load32_splat(weights);
        a0 = f32x4.add(a0, f32x4.mul(x0, wa));
        a1 = f32x4.add(a1, f32x4.mul(x1, wa));
        c0 = f32x4.add(c0, f32x4.mul(y0, wa));
        c1 = f32x4.add(c1, f32x4.mul(y1, wa));
        if (width > 1) {
          const wb = v128.load32_splat(weights, 4);
          b0 = f32x4.add(b0, f32x4.mul(x0, wb));
          b1 = f32x4.add(b1, f32x4.mul(x1, wb));
          d0 = f32x4.add(d0, f32x4.mul(y0, wb));
          d1 = f32x4.add(d1, f32x4.mul(y1, wb));
        }
        at += GROUP;
        second += GROUP;
        weights += (<usize>width) << 2;
      }
      columnSource += sourceColumnStep;
      columnFilter += filterColumnStep;
    }
    source += sourceRowStep;
    filter += filterRowStep;
  }
  const least = f32x4.splat(floor);
  v128.store(destination, f32x4.max(a0, least));
  v128.store(destination, f32x4.max(a1, least), 16);
  v128.store(destination + pixelStep, f32x4.max(c0, least));
  v128.store(destination + pixelStep, f32x4.max(c1, least), 16);
  if (width > 1) {
    v128.store(destination, f32x4.max(b0, least), 32);
    v128.store(destination, f32x4.max(b1, least), 48);
    v128.store(destination + pixelStep, f32x4.max(d0, least), 32);
    v128.store(destination + pixelStep, f32x4.max(d1, least), 48);
  }
}

/** One pair of tiles of one or two channels, compiled once for each width. */
function anyPair(
  width: i32,
  y: usize,
  pixelStep: usize,
  x: usize,
  apart: usize,
  w: usize,
  rows: i32,
  columns: i32,
  run: i32,
  xr: usize,
  xc: usize,
  wr: usize,
  wc: usize,
  bias: usize,
  floor: f32,
): void {
  if (width == 2) pairTile(2, y, pixelStep, x, apart, w, rows, columns, run, xr, xc, wr, wc, bias, floor);
  else pairTile(1, y, pixelStep, x, apart, w, rows, columns, run, xr, xc, wr, wc, bias, floor);
}

/**
 * One group of eight images.
 *
 * @param rowPlan one entry per destination row, `columnPlan` one per destination column
 * @param filter packed by tiles of destination channels: [tile][bias of width, then taps [row][column][source channel][width]]
 * @param floor least value of a result: 0 for ReLU, −∞ for none
 */
export function correlate(
  source: usize,
  filter: usize,
  destination: usize,
  rowPlan: usize,
  columnPlan: usize,
  sourceWidth: i32,
  sourceChannels: i32,
  destinationHeight: i32,
  destinationWidth: i32,
  destinationChannels: i32,
  filterHeight: i32,
  filterWidth: i32,
  rowTapStep: i32,
  columnTapStep: i32,
  rowSourceStep: i32,
  columnSourceStep: i32,
  floor: f32,
): void {
  const pixel = <usize>sourceChannels * GROUP;
  const sourceRow = <usize>sourceWidth * pixel;
  const toPixel = <usize>destinationChannels * GROUP;
  const adjacent = columnTapStep == 1 && columnSourceStep == 1;
  const taps = filterHeight * filterWidth * sourceChannels;
  for (let h = 0; h < destinationHeight; h++) {
    const row = rowPlan + <usize>h * ENTRY_BYTES;
    const firstRow = load<i32>(row);
    const rows = load<i32>(row, 4);
    const rowStart = source + <usize>load<i32>(row, 8) * sourceRow;
    for (let w = 0; w < destinationWidth; ) {
      const column = columnPlan + <usize>w * ENTRY_BYTES;
      const tapsAcross = load<i32>(column, 4);
      const start = rowStart + <usize>load<i32>(column, 8) * pixel;
      const firstTap = <usize>((firstRow * filterWidth + load<i32>(column)) * sourceChannels);
      // Two neighbours that meet the same taps are computed together.
      const next = column + ENTRY_BYTES;
      const twins = w + 1 < destinationWidth && load<i64>(next) == load<i64>(column);
      const pixels: usize = twins ? 2 : 1;
      const apart = twins ? <usize>(load<i32>(next, 8) - load<i32>(column, 8)) * pixel : 0;
      // Taps side by side in the filter read pixels side by side in the source: one long run instead of several short.
      const columns = adjacent ? min(tapsAcross, 1) : tapsAcross;
      const run = adjacent ? tapsAcross * sourceChannels : sourceChannels;
      const xr = <usize>rowSourceStep * sourceRow;
      const xc = <usize>columnSourceStep * pixel;
      let weights = filter;
      let to = destination;
      for (let channel = 0; channel < destinationChannels; ) {
        const width = min(4, destinationChannels - channel);
        const bytes = (<usize>width) << 2;
        const at = weights + bytes + firstTap * bytes;
        const wc = <usize>(columnTapStep * sourceChannels) * bytes;
        const wr = <usize>(rowTapStep * filterWidth * sourceChannels) * bytes;
        if (width <= 2 && twins) {
          anyPair(width, to, toPixel, start, apart, at, rows, columns, run, xr, xc, wr, wc, weights, floor);
        } else {
          for (let p: usize = 0; p < pixels; p++) {
            const y = to + p * toPixel;
            anyLaneTile(width, y, start + p * apart, at, rows, columns, run, xr, xc, wr, wc, weights, floor);
          }
        }
        weights += <usize>(taps + 1) * bytes;
        to += <usize>width * GROUP;
        channel += width;
      }
      destination += pixels * toPixel;
      w += <i32>pixels;
    }
  }
}
