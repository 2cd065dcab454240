/**
 * Which algorithm the convolution kernels take for a shape, and the memory that each part of them works in, in floats. The
 * parts are those of `assembly/conv-passes.ts`, `assembly/filter-gradient.ts` and `assembly/winograd*.ts`, which say what
 * lies there.
 */

/** Height, width and channels of images, filter and strides, as TensorFlow.js names them. */
export interface ConvShape {
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
}

/** Images in the lanes. */
const lanes = 8;
/** Planes of Winograd's algorithm. */
const planes = 16;
/** Floats behind each plane, and each row of a block. */
const gap = 16;
/** What the planes of one block may take of the second cache, in floats. */
const blockFloats = 2 ** 17;
/** With fewer channels there is more to transform than to multiply. */
const leastChannels = 8;
/** Tiles of a block: with fewer the gradient's sums are moved about too often; more are of no use. */
const leastTiles = 8;
const mostTiles = 64;

/** The most tiles in a block of Winograd's algorithm, 3 × 3 taps by stride 1; 0: products are summed one by one. */
export function winogradTiles(g: ConvShape): number {
  const suits =
    g.filterHeight === 3 &&
    g.filterWidth === 3 &&
    g.strideHeight === 1 &&
    g.strideWidth === 1 &&
    g.dilationHeight === 1 &&
    g.dilationWidth === 1 &&
    g.inChannels % 4 === 0 &&
    g.outChannels % 4 === 0 &&
    Math.min(g.inChannels, g.outChannels) >= leastChannels;
  if (!suits) return 0;
  const tileFloats = planes * lanes * (g.inChannels + g.outChannels);
  return Math.min(mostTiles, Math.max(leastTiles, Math.floor(blockFloats / tileFloats)));
}

/** For the filter, packed for either direction. */
export function packedFloats(g: ConvShape, tiles: number): number {
  if (tiles > 0) return planes * g.inChannels * g.outChannels;
  return filterFloats(g) + Math.max(g.inChannels, g.outChannels);
}

/** For the sums of the filter's and the bias's gradients. */
export function sumsFloats(g: ConvShape, tiles: number): number {
  const bias = 4 * g.outChannels;
  if (tiles > 0) return packedFloats(g, tiles) + bias;
  return g.filterHeight * g.filterWidth * 4 * Math.ceil(g.inChannels / 4) * g.outChannels + bias;
}

/** For one group in either direction. */
export function passFloats(g: ConvShape, tiles: number): number {
  return tiles > 0 ? winogradFloats(g, tiles) : 0;
}

/** For one group of the filter's gradient. */
export function gradientFloats(g: ConvShape, tiles: number): number {
  if (tiles > 0) return winogradFloats(g, tiles);
  const reach = (g.outWidth - 1) * g.strideWidth + (g.filterWidth - 1) * g.dilationWidth + 1;
  return 2 * g.outHeight * g.outWidth * lanes + g.inHeight * (reach * g.inChannels * lanes + gap);
}

function winogradFloats(g: ConvShape, tiles: number): number {
  const both = planes * (tiles * (g.inChannels + g.outChannels) * lanes + 2 * gap);
  // Of d × a tiles ≤ tiles: (2d + 2) · (2a + 2) pixels.
  const block = 8 * (tiles + 1) * Math.max(g.inChannels, g.outChannels) * lanes + 2 * (tiles + 1) * gap;
  return gap + both + block;
}

function filterFloats(g: ConvShape): number {
  return g.filterHeight * g.filterWidth * g.inChannels * g.outChannels;
}
