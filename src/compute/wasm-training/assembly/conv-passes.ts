/**
 * Convolution of one group of eight images in the batch-lanes layout, forward and by the input, with the algorithm that
 * the caller has chosen: `tiles` is 0 for plain sums of products (correlate.ts), else the most tiles in a block of
 * Winograd's (winograd.ts). The filter is packed once for all groups.
 */
import { planAxis, sourceStep, tapStep } from './axis-plan';
import { correlate } from './correlate';
import { ConvGeometry } from './geometry';
import { packStart, packWeights } from './lane-tile';
import { winograd } from './winograd';
import { transformFilter, transformFlippedFilter } from './winograd-filter';

/**
 * The filter for `convolve`.
 *
 * @param bias address of outChannels floats, or 0 for none
 * @param packed a float per weight and output channel: [tile of outChannels][bias, then taps][width of the tile]; with
 * Winograd's algorithm 16 per input × output channel
 */
export function packFilter(g: ConvGeometry, filter: usize, bias: usize, tiles: i32, packed: usize): void {
  if (tiles != 0) {
    transformFilter(filter, g.inChannels, g.outChannels, packed);
    return;
  }
  const taps = g.filterHeight * g.filterWidth * g.inChannels;
  const row = (<usize>g.outChannels) << 2;
  for (let out = 0; out < g.outChannels; out += 4) {
    const width = min(4, g.outChannels - out);
    const column = (<usize>out) << 2;
    packed = packStart(bias == 0 ? 0 : bias + column, width, packed);
    packed = packWeights(filter + column, row, taps, width, packed);
  }
}

/** The filter for `convolveBack`: as `packFilter`, flipped in both axes, with the channels' places exchanged. */
export function packFilterBack(g: ConvGeometry, filter: usize, tiles: i32, packed: usize): void {
  if (tiles != 0) {
    transformFlippedFilter(filter, g.inChannels, g.outChannels, packed);
    return;
  }
  const row = (<usize>g.outChannels) << 2;
  for (let start = 0; start < g.inChannels; start += 4) {
    const width = min(4, g.inChannels - start);
    packed = packStart(0, width, packed);
    for (let tap = g.filterHeight * g.filterWidth - 1; tap >= 0; tap--) {
      const from = filter + <usize>(tap * g.inChannels + start) * row;
      for (let out: usize = 0; out < <usize>g.outChannels; out++) {
        for (let i: usize = 0; i < <usize>width; i++) {
          store<f32>(packed, load<f32>(from + i * row + (out << 2)));
          packed += 4;
        }
      }
    }
  }
}

/** Plans of the axes for `convolve`: one entry for each row, then one for each column of the output. */
export function planAxes(g: ConvGeometry, rows: usize, columns: usize): void {
  planAxis(rows, g.outHeight, g.inHeight, g.filterHeight, g.strideHeight, g.padTop, g.dilationHeight, 1);
  planAxis(columns, g.outWidth, g.inWidth, g.filterWidth, g.strideWidth, g.padLeft, g.dilationWidth, 1);
}

/** Plans of the axes for `convolveBack`, of the input's rows and columns. */
export function planAxesBack(g: ConvGeometry, rows: usize, columns: usize): void {
  const offsetTop = (g.filterHeight - 1) * g.dilationHeight - g.padTop;
  const offsetLeft = (g.filterWidth - 1) * g.dilationWidth - g.padLeft;
  planAxis(rows, g.inHeight, g.outHeight, g.filterHeight, 1, offsetTop, g.dilationHeight, g.strideHeight);
  planAxis(columns, g.inWidth, g.outWidth, g.filterWidth, 1, offsetLeft, g.dilationWidth, g.strideWidth);
}

/**
 * y = convolution of x with the filter, plus the bias.
 *
 * @param bias as for `packFilter`
 * @param relu what is negative becomes 0
 * @param scratch for Winograd's algorithm
 */
export function convolve(
  g: ConvGeometry,
  x: usize,
  packed: usize,
  bias: usize,
  relu: bool,
  y: usize,
  rows: usize,
  columns: usize,
  tiles: i32,
  scratch: usize,
): void {
  const floor: f32 = relu ? 0 : -Infinity;
  if (tiles != 0) {
    winograd(g, false, x, packed, bias, floor, y, tiles, scratch);
    return;
  }
  correlate(
    x,
    packed,
    y,
    rows,
    columns,
    g.inWidth,
    g.inChannels,
    g.outHeight,
    g.outWidth,
    g.outChannels,
    g.filterHeight,
    g.filterWidth,
    1,
    1,
    g.dilationHeight,
    g.dilationWidth,
    floor,
  );
}

/** dx = gradient of the convolution by its input. */
export function convolveBack(
  g: ConvGeometry,
  dy: usize,
  packed: usize,
  dx: usize,
  rows: usize,
  columns: usize,
  tiles: i32,
  scratch: usize,
): void {
  if (tiles != 0) {
    winograd(g, true, dy, packed, 0, -Infinity, dx, tiles, scratch);
    return;
  }
  correlate(
    dy,
    packed,
    dx,
    rows,
    columns,
    g.outWidth,
    g.outChannels,
    g.inHeight,
    g.inWidth,
    g.inChannels,
    g.filterHeight,
    g.filterWidth,
    tapStep(g.dilationHeight, g.strideHeight),
    tapStep(g.dilationWidth, g.strideWidth),
    sourceStep(g.dilationHeight, g.strideHeight),
    sourceStep(g.dilationWidth, g.strideWidth),
    -Infinity,
  );
}
