/**
 * Convolution with 3 × 3 taps and stride 1, and its gradient by the input, by Winograd's minimal filtering
 * (winograd-transforms.ts): 16 products for 2 × 2 outputs instead of 36. Channels are multiples of four. Eight images lie
 * in the lanes; a block of tiles is transformed, multiplied plane by plane with the filter's planes, and transformed back.
 */
import { GROUP } from './batch-lanes';
import { ConvGeometry } from './geometry';
import { laneTile } from './lane-tile';
import { blockAcross, blockDown, planeBytes, tilesOf, transformTiles } from './winograd-blocks';
import { transformOutputs } from './winograd-transforms';

/** Products of one plane: [tiles][in][8] with [tile of out][in][4] to [tiles][out][8]. */
function multiplyPlane(
  from: usize,
  weights: usize,
  to: usize,
  tiles: i32,
  inChannels: i32,
  outChannels: i32,
  zeros: usize,
): void {
  const fromTile = <usize>inChannels * GROUP;
  const toTile = <usize>outChannels * GROUP;
  for (let out = 0; out < outChannels; out += 4) {
    let source = from;
    let target = to + <usize>out * GROUP;
    for (let tile = 0; tile < tiles; tile++) {
      laneTile(4, target, source, weights, 1, 1, inChannels, 0, 0, 0, 0, zeros, -Infinity);
      source += fromTile;
      target += toTile;
    }
    weights += (<usize>inChannels) << 4;
  }
}

/**
 * One group of eight images.
 *
 * @param backward from dy to dx, instead of from x to y
 * @param weights the filter in 16 planes (winograd-filter.ts)
 * @param bias address of a float per destination channel, or 0 for none
 * @param floor least value of a result: 0 for ReLU, −∞ for none
 * @param tiles most tiles in a block
 * @param scratch 64 bytes, 16 planes of source and destination each, and a block of the source
 */
export function winograd(
  g: ConvGeometry,
  backward: bool,
  source: usize,
  weights: usize,
  bias: usize,
  floor: f32,
  destination: usize,
  tiles: i32,
  scratch: usize,
): void {
  const inHeight = backward ? g.outHeight : g.inHeight;
  const inWidth = backward ? g.outWidth : g.inWidth;
  const inChannels = backward ? g.outChannels : g.inChannels;
  const outHeight = backward ? g.inHeight : g.outHeight;
  const outWidth = backward ? g.inWidth : g.outWidth;
  const outChannels = backward ? g.inChannels : g.outChannels;
  const padTop = backward ? 2 - g.padTop : g.padTop;
  const padLeft = backward ? 2 - g.padLeft : g.padLeft;
  const sourcePlane = planeBytes(tiles, inChannels);
  const resultPlane = planeBytes(tiles, outChannels);
  const planes = scratch + 64;
  const results = planes + 16 * sourcePlane;
  const block = results + 16 * resultPlane;
  const weightPlane = (<usize>(inChannels * outChannels)) << 2;
  const pixel = <usize>outChannels * GROUP;
  const row = <usize>outWidth * pixel;
  const across = blockAcross(tiles, outWidth);
  const down = blockDown(tiles, outWidth);
  memory.fill(scratch, 0, 64);
  for (let top = 0; top < outHeight; top += 2 * down) {
    const rows = min(down, tilesOf(outHeight - top));
    for (let left = 0; left < outWidth; left += 2 * across) {
      const columns = min(across, tilesOf(outWidth - left));
      transformTiles(
        true,
        source,
        inHeight,
        inWidth,
        inChannels,
        top - padTop,
        left - padLeft,
        rows,
        columns,
        planes,
        sourcePlane,
        block,
        0,
      );
      for (let i: usize = 0; i < 16; i++) {
        multiplyPlane(
          planes + i * sourcePlane,
          weights + i * weightPlane,
          results + i * resultPlane,
          rows * columns,
          inChannels,
          outChannels,
          scratch,
        );
      }
      let result = results;
      for (let y = top; y < top + 2 * rows; y += 2) {
        for (let x = left; x < left + 2 * columns; x += 2) {
          const to = destination + <usize>y * row + <usize>x * pixel;
          transformOutputs(
            result,
            resultPlane,
            outChannels,
            bias,
            floor,
            to,
            row,
            min(2, outHeight - y),
            min(2, outWidth - x),
          );
          result += pixel;
        }
      }
    }
  }
}
