/**
 * Gradient of a convolution with 3 × 3 taps and stride 1 by its filter and bias, by Winograd's minimal filtering
 * (winograd-transforms.ts): a patch of 4 × 4 pixels of x and the 2 × 2 pixels of dy that it has a part in give 16 products
 * instead of 36. Channels are multiples of four.
 */
import { GROUP } from './batch-lanes';
import { ConvGeometry } from './geometry';
import { OUT_TILE, productTile, TILE_SUMS } from './product-tile';
import { blockAcross, blockDown, planeBytes, tilesOf, transformTiles } from './winograd-blocks';

/** Adds the products of one plane over all tiles to its sums, [tile of in][out][4]. */
function addPlane(x: usize, dy: usize, tiles: i32, inChannels: i32, outChannels: i32, sums: usize): void {
  const xTile = <usize>inChannels * GROUP;
  const dyTile = <usize>outChannels * GROUP;
  for (let channel = 0; channel < inChannels; channel += 4) {
    let by = dy;
    for (let out = 0; out < outChannels; out += OUT_TILE) {
      productTile(4, OUT_TILE, x, by, 1, tiles, 0, xTile, 0, dyTile, sums);
      by += <usize>OUT_TILE * GROUP;
      sums += <usize>OUT_TILE * TILE_SUMS;
    }
    x += 4 * GROUP;
  }
}

/**
 * Adds one group of eight images.
 *
 * @param sums 16 planes of [tile of in][out][4]
 * @param biasSums a vector per output channel
 * @param tiles most tiles in a block
 * @param scratch 16 planes of x and dy each, and a block of the wider of the two
 */
export function winogradGradient(
  g: ConvGeometry,
  x: usize,
  dy: usize,
  sums: usize,
  biasSums: usize,
  tiles: i32,
  scratch: usize,
): void {
  const xPlane = planeBytes(tiles, g.inChannels);
  const dyPlane = planeBytes(tiles, g.outChannels);
  const xPlanes = scratch;
  const dyPlanes = xPlanes + 16 * xPlane;
  const block = dyPlanes + 16 * dyPlane;
  const sumPlane = (<usize>(g.inChannels * g.outChannels)) << 2;
  const across = blockAcross(tiles, g.outWidth);
  const down = blockDown(tiles, g.outWidth);
  for (let top = 0; top < g.outHeight; top += 2 * down) {
    const rows = min(down, tilesOf(g.outHeight - top));
    for (let left = 0; left < g.outWidth; left += 2 * across) {
      const columns = min(across, tilesOf(g.outWidth - left));
      transformTiles(
        true,
        x,
        g.inHeight,
        g.inWidth,
        g.inChannels,
        top - g.padTop,
        left - g.padLeft,
        rows,
        columns,
        xPlanes,
        xPlane,
        block,
        0,
      );
      transformTiles(
        false,
        dy,
        g.outHeight,
        g.outWidth,
        g.outChannels,
        top,
        left,
        rows,
        columns,
        dyPlanes,
        dyPlane,
        block,
        biasSums,
      );
      for (let i: usize = 0; i < 16; i++) {
        addPlane(
          xPlanes + i * xPlane,
          dyPlanes + i * dyPlane,
          rows * columns,
          g.inChannels,
          g.outChannels,
          sums + i * sumPlane,
        );
      }
    }
  }
}
