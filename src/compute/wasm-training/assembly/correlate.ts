/**
 * Correlation of eight images with a filter, in the batch-lanes layout [height][width][channels][8]: a convolution
 * forward, and its gradient by the input, are both this sum with different plans (see axis-plan.ts). A tile of four
 * destination channels of one pixel, or of two channels of two pixels, is held in registers while all taps and source
 * channels pass.
 */
import { ENTRY_BYTES } from './axis-plan';
import { GROUP } from './batch-lanes';
import { anyLaneTile } from './lane-tile';
import { anyPairTile } from './pair-tile';

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
          anyPairTile(width, to, toPixel, start, apart, at, rows, columns, run, xr, xc, wr, wc, weights, floor);
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
