/**
 * How Winograd's algorithm cuts a group of eight images: tiles of 2 × 2 outputs, and blocks of adjacent tiles whose 16
 * planes stay in the second cache. A block of images is copied between zeros where it reaches over the border.
 */
import { GROUP } from './batch-lanes';
import { blockRow, padBlock } from './pad-block';
import { transformGradient, transformPatch } from './winograd-transforms';

/** Bytes between planes beyond their size, so that sixteen planes do not compete for one place of the cache. */
const PLANE_GAP: usize = 64;

/** Bytes of a plane of `tiles` tiles. */
@inline
export function planeBytes(tiles: i32, channels: i32): usize {
  return <usize>(tiles * channels) * GROUP + PLANE_GAP;
}

/** Tiles along an axis. */
@inline
export function tilesOf(outputs: i32): i32 {
  return (outputs + 1) >> 1;
}

/** Tiles of a block across an image of `outWidth` outputs. */
@inline
export function blockAcross(tiles: i32, outWidth: i32): i32 {
  return min(tiles, tilesOf(outWidth));
}

/** Rows of tiles in a block. */
@inline
export function blockDown(tiles: i32, outWidth: i32): i32 {
  return max(1, tiles / blockAcross(tiles, outWidth));
}

/**
 * `down` × `across` tiles of an image, the first from (`top`, `left`), to 16 planes of [tiles][channels][8].
 *
 * @param patches tiles of 4 × 4 pixels, which overlap by 2; otherwise those of dy, of 2 × 2 pixels
 * @param block memory for the pixels between zeros
 * @param sums a vector per channel to add the pixels of dy to
 */
export function transformTiles(
  patches: bool,
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  down: i32,
  across: i32,
  planes: usize,
  plane: usize,
  block: usize,
  sums: usize,
): void {
  const overlap = patches ? 2 : 0;
  const columns = 2 * across + overlap;
  const row = blockRow(columns, channels);
  const pixel = <usize>channels * GROUP;
  padBlock(image, height, width, channels, top, left, 2 * down + overlap, columns, block);
  for (let i: usize = 0; i < <usize>down; i++) {
    for (let j: usize = 0; j < <usize>across; j++) {
      const tile = block + 2 * i * row + 2 * j * pixel;
      if (patches) transformPatch(tile, row, channels, planes, plane);
      else transformGradient(tile, row, channels, planes, plane, sums);
      planes += pixel;
    }
  }
}
