/**
 * Gradient of a convolution by its filter and bias, from groups of eight images in the batch-lanes layout. For a band of
 * rows that the nearest cache holds, the products of four input elements × two output channels are summed over columns
 * and rows (product-tile.ts). The order of additions depends on the shapes alone.
 *
 * Taps side by side in a filter row meet adjacent elements of x, so a row's taps × channels are walked as one list. Where
 * the window reaches over the left or right border, either x is copied between columns of zeros first, or each tap is a
 * list of its own, over the columns at which it is inside the image.
 */
import { endInside, firstInside } from './axis-range';
import { GROUP } from './batch-lanes';
import { ConvGeometry } from './geometry';
import { sumOfLanes } from './lane-sums';
import { blockRow, padBlock } from './pad-block';
import { anyProductTile, OUT_TILE, TILE_SUMS } from './product-tile';
import { transformFilterGradient } from './winograd-filter';
import { winogradGradient } from './winograd-gradient';

const VECTOR: usize = 16;
/** What a band's rows of x and tile of dy may take of the nearest cache. */
const BAND_BYTES: i32 = 20480;
/** Pixels of dy that a band has at least: with fewer, a tile has too little to do. */
const LEAST_PIXELS: i32 = 48;

/** Columns of x that the windows of a row span. */
@inline
function reach(g: ConvGeometry): i32 {
  return (g.outWidth - 1) * g.strideWidth + (g.filterWidth - 1) * g.dilationWidth + 1;
}

@inline
function reachesOver(g: ConvGeometry): bool {
  return g.padLeft > 0 || reach(g) > g.inWidth;
}

/** Whether each tap is a list of its own: it must be with dilation, and it pays where four channels fill a tile. */
@inline
function isByTap(g: ConvGeometry): bool {
  return g.dilationWidth > 1 || (g.inChannels % 4 == 0 && reachesOver(g));
}

/** Elements of x in a list, and lists in a filter row. */
@inline
function elementsOf(g: ConvGeometry): i32 {
  return isByTap(g) ? g.inChannels : g.filterWidth * g.inChannels;
}

@inline
function listsOf(g: ConvGeometry): i32 {
  return isByTap(g) ? g.filterWidth : 1;
}

/** Address of the bias's sums, one vector per output channel. */
@inline
function biasSums(g: ConvGeometry, tiles: i32, sums: usize): usize {
  if (tiles != 0) return sums + ((<usize>(16 * g.inChannels * g.outChannels)) << 2);
  const quads = g.filterHeight * listsOf(g) * ((elementsOf(g) + 3) >> 2);
  return sums + <usize>(quads * g.outChannels) * TILE_SUMS;
}

/** To be done before the first group. */
export function clearSums(g: ConvGeometry, tiles: i32, sums: usize): void {
  memory.fill(sums, 0, biasSums(g, tiles, sums) - sums + <usize>g.outChannels * VECTOR);
}

/** Copies `outs` channels of `pixels` pixels side by side, and adds them to the sums of the bias. */
function packTile(dy: usize, to: usize, pixels: i32, outs: i32, pixelBytes: usize, bias: usize): void {
  for (let out = 0; out < outs; out++) {
    let from = dy + <usize>out * GROUP;
    let at = to + <usize>out * GROUP;
    let sum = v128.load(bias);
    for (let i = 0; i < pixels; i++) {
      const low = v128.load(from);
      const high = v128.load(from, 16);
      sum = f32x4.add(sum, f32x4.add(low, high));
      v128.store(at, low);
      v128.store(at, high, 16);
      from += pixelBytes;
      at += <usize>outs * GROUP;
    }
    v128.store(bias, sum);
    bias += VECTOR;
  }
}

/**
 * Adds one group of eight images to the sums.
 *
 * @param tiles 0, or the most tiles in a block of Winograd's algorithm
 * @param scratch two channels of a group's dy, then a group of x between columns of zeros; or as Winograd's needs it
 */
export function addFilterGradient(
  g: ConvGeometry,
  x: usize,
  dy: usize,
  tiles: i32,
  sums: usize,
  scratch: usize,
): void {
  let bias = biasSums(g, tiles, sums);
  if (tiles != 0) {
    winogradGradient(g, x, dy, sums, bias, tiles, scratch);
    return;
  }
  const pixel = <usize>g.inChannels * GROUP;
  const byTap = isByTap(g);
  let xRow = <usize>g.inWidth * pixel;
  if (!byTap && reachesOver(g)) {
    const padded = scratch + <usize>(g.outHeight * g.outWidth * OUT_TILE) * GROUP;
    xRow = blockRow(reach(g), g.inChannels);
    padBlock(x, g.inHeight, g.inWidth, g.inChannels, 0, -g.padLeft, g.inHeight, reach(g), padded);
    x = padded;
  }
  const outPixel = <usize>g.outChannels * GROUP;
  const outRow = <usize>g.outWidth * outPixel;
  const lists = listsOf(g);
  const elements = elementsOf(g);
  const band = max(
    (LEAST_PIXELS + g.outWidth - 1) / g.outWidth,
    BAND_BYTES / (<i32>xRow * g.strideHeight + g.outWidth * OUT_TILE * <i32>GROUP),
  );
  for (let bandStart = 0; bandStart < g.outHeight; bandStart += band) {
    const bandEnd = min(bandStart + band, g.outHeight);
    const bandDy = dy + <usize>bandStart * outRow;
    let bandBias = bias;
    let tileSums = sums;
    for (let out = 0; out < g.outChannels; out += OUT_TILE) {
      const outs = min(OUT_TILE, g.outChannels - out);
      const dyColumn = <usize>outs * GROUP;
      const dyRow = <usize>g.outWidth * dyColumn;
      packTile(
        bandDy + <usize>out * GROUP,
        scratch,
        (bandEnd - bandStart) * g.outWidth,
        outs,
        outPixel,
        bandBias,
      );
      bandBias += <usize>outs * VECTOR;
      for (let tap = 0; tap < g.filterHeight; tap++) {
        // Rows of dy whose row of x, out·stride + shift, is inside the image.
        const shift = tap * g.dilationHeight - g.padTop;
        const start = max(bandStart, firstInside(shift, g.strideHeight));
        const end = endInside(shift, g.strideHeight, g.inHeight, bandEnd);
        const xStart = x + <usize>(start * g.strideHeight + shift) * xRow;
        const dyStart = scratch + <usize>(start - bandStart) * dyRow;
        for (let list = 0; list < lists; list++) {
          let first = 0;
          let last = g.outWidth;
          let at = xStart;
          if (byTap) {
            const aside = list * g.dilationWidth - g.padLeft;
            first = firstInside(aside, g.strideWidth);
            last = endInside(aside, g.strideWidth, g.inWidth, g.outWidth);
            at += <usize>(first * g.strideWidth + aside) * pixel;
          }
          for (let element = 0; element < elements; element += 4) {
            if (start < end && first < last) {
              anyProductTile(
                min(4, elements - element),
                outs,
                at,
                dyStart + <usize>first * dyColumn,
                end - start,
                last - first,
                <usize>g.strideHeight * xRow,
                <usize>g.strideWidth * pixel,
                dyRow,
                dyColumn,
                tileSums,
              );
            }
            at += 4 * GROUP;
            tileSums += <usize>outs * TILE_SUMS;
          }
        }
      }
    }
  }
}

/**
 * The sums of all groups as gradients.
 *
 * @param dBias 0 for none
 */
export function storeFilterGradient(
  g: ConvGeometry,
  tiles: i32,
  sums: usize,
  dFilter: usize,
  dBias: usize,
): void {
  if (dBias != 0) {
    const bias = biasSums(g, tiles, sums);
    for (let out: usize = 0; out < <usize>g.outChannels; out++) {
      store<f32>(dBias + (out << 2), sumOfLanes(v128.load(bias + out * VECTOR)));
    }
  }
  if (tiles != 0) {
    transformFilterGradient(sums, g.inChannels, g.outChannels, dFilter);
    return;
  }
  const elements = elementsOf(g);
  const rows = g.filterHeight * listsOf(g);
  for (let out = 0; out < g.outChannels; out += OUT_TILE) {
    const outs = min(OUT_TILE, g.outChannels - out);
    for (let row = 0; row < rows; row++) {
      for (let element = 0; element < elements; element += 4) {
        const ins = min(4, elements - element);
        for (let o = 0; o < outs; o++) {
          for (let i = 0; i < ins; i++) {
            const at = (row * elements + element + i) * g.outChannels + out + o;
            store<f32>(dFilter + ((<usize>at) << 2), load<f32>(sums + ((<usize>i) << 2)));
          }
          sums += TILE_SUMS;
        }
      }
    }
  }
}
