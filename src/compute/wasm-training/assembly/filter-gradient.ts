/**
 * Gradient of a convolution by its filter, NHWC, any stride, dilation and padding. Images are packed by rows, four side
 * by side (row-tiles.ts). For a band of rows that the nearest cache holds, the products of four input elements × two
 * output channels are summed over columns, rows and images with the eight sums in registers. Sums stay apart by lane
 * until the end, so the order of additions depends on the shapes alone.
 *
 * Adjacent taps of one channel tile read adjacent memory, so taps × channels are walked as one list of elements; only
 * dilation breaks that list into one per tap.
 */
import { ConvGeometry } from './geometry';
import { packRows, QUAD } from './row-tiles';

/** Images packed at a time: two quads. */
const GROUP_IMAGES: i32 = 8;
const OUT_TILE: i32 = 2;
/** What a band's tile of x and of dy may take of the nearest cache. */
const BAND_BYTES: i32 = 16384;

/** Where the rows of one band lie, and how to walk them. */
@unmanaged
class Band {
  rows: i32;
  columns: i32;
  quads: i32;
  xColumn: usize;
  xRow: usize;
  xQuad: usize;
  dyRow: usize;
  dyQuad: usize;
}

/** Adds the products of `ins` elements × `outs` channels over the band to the sums at `sums`, one vector each. */
@inline
function tile(ins: i32, outs: i32, x: usize, dy: usize, band: Band, sums: usize): void {
  let a = v128.load(sums);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  let e = f32x4.splat(0);
  let f = f32x4.splat(0);
  let g = f32x4.splat(0);
  let h = f32x4.splat(0);
  if (ins > 1) b = v128.load(sums, 16);
  if (ins > 2) c = v128.load(sums, 32);
  if (ins > 3) d = v128.load(sums, 48);
  const second = sums + ((<usize>ins) << 4);
  if (outs > 1) {
    e = v128.load(second);
    if (ins > 1) f = v128.load(second, 16);
    if (ins > 2) g = v128.load(second, 32);
    if (ins > 3) h = v128.load(second, 48);
  }
  const xColumn = band.xColumn;
  const rowBytes = <usize>(band.columns * outs) * QUAD;
  for (let quad = 0; quad < band.quads; quad++) {
    let xRow = x;
    let dyRow = dy;
    for (let row = 0; row < band.rows; row++) {
      let at = xRow;
      let by = dyRow;
      const end = by + rowBytes;
      while (by < end) {
        const y = v128.load(by);
        const p = v128.load(at);
        a = f32x4.add(a, f32x4.mul(p, y));
        let z = y;
        if (outs > 1) {
          z = v128.load(by, 16);
          e = f32x4.add(e, f32x4.mul(p, z));
        }
        if (ins > 1) {
          const q = v128.load(at, 16);
          b = f32x4.add(b, f32x4.mul(q, y));
          if (outs > 1) f = f32x4.add(f, f32x4.mul(q, z));
        }
        if (ins > 2) {
          const r = v128.load(at, 32);
          c = f32x4.add(c, f32x4.mul(r, y));
          if (outs > 1) g = f32x4.add(g, f32x4.mul(r, z));
        }
        if (ins > 3) {
          const s = v128.load(at, 48);
          d = f32x4.add(d, f32x4.mul(s, y));
          if (outs > 1) h = f32x4.add(h, f32x4.mul(s, z));
        }
        by += <usize>outs * QUAD;
        at += xColumn;
      }
      xRow += band.xRow;
      dyRow += band.dyRow;
    }
    x += band.xQuad;
    dy += band.dyQuad;
  }
  v128.store(sums, a);
  if (ins > 1) v128.store(sums, b, 16);
  if (ins > 2) v128.store(sums, c, 32);
  if (ins > 3) v128.store(sums, d, 48);
  if (outs > 1) {
    v128.store(second, e);
    if (ins > 1) v128.store(second, f, 16);
    if (ins > 2) v128.store(second, g, 32);
    if (ins > 3) v128.store(second, h, 48);
  }
}

/** One tile, compiled once for each width. */
function anyTile(ins: i32, outs: i32, x: usize, dy: usize, band: Band, sums: usize): void {
  if (outs == 2) {
    if (ins == 4) tile(4, 2, x, dy, band, sums);
    else if (ins == 3) tile(3, 2, x, dy, band, sums);
    else if (ins == 2) tile(2, 2, x, dy, band, sums);
    else tile(1, 2, x, dy, band, sums);
  } else {
    if (ins == 4) tile(4, 1, x, dy, band, sums);
    else if (ins == 3) tile(3, 1, x, dy, band, sums);
    else if (ins == 2) tile(2, 1, x, dy, band, sums);
    else tile(1, 1, x, dy, band, sums);
  }
}

/** Channels of x that are packed side by side: few channels stay together, many are cut so that a tile fits the cache. */
@inline
function inTile(g: ConvGeometry): i32 {
  return g.inChannels < 16 ? g.inChannels : 4;
}

/** Adds one band's products with one filter row to that row's sums. */
function addBand(g: ConvGeometry, x: usize, dy: usize, band: Band, sums: usize, padded: i32): void {
  const lists = g.dilationWidth == 1 ? 1 : g.filterWidth;
  const tapsInList = g.dilationWidth == 1 ? g.filterWidth : 1;
  const width = inTile(g);
  for (let out = 0; out < g.outChannels; out += OUT_TILE) {
    const outs = min(OUT_TILE, g.outChannels - out);
    let tileStart = x;
    for (let channel = 0; channel < g.inChannels; channel += width) {
      const count = min(width, g.inChannels - channel);
      band.xColumn = <usize>(g.strideWidth * count) * QUAD;
      for (let list = 0; list < lists; list++) {
        const elements = tapsInList * count;
        let at = tileStart + <usize>(list * g.dilationWidth * count) * QUAD;
        for (let element = 0; element < elements; element += 4) {
          const ins = min(4, elements - element);
          anyTile(ins, outs, at, dy, band, sums);
          at += <usize>ins * QUAD;
          sums += <usize>(ins * outs) * QUAD;
        }
      }
      tileStart += <usize>(padded * count) * QUAD;
    }
    dy += <usize>(g.outWidth * outs) * QUAD;
  }
}

/** Adds up the lanes of one filter row's sums, in the order of `addBand`, into [tap][in][out]. */
function storeRow(g: ConvGeometry, sums: usize, filterRow: usize): void {
  const lists = g.dilationWidth == 1 ? 1 : g.filterWidth;
  const tapsInList = g.dilationWidth == 1 ? g.filterWidth : 1;
  const width = inTile(g);
  for (let out = 0; out < g.outChannels; out += OUT_TILE) {
    const outs = min(OUT_TILE, g.outChannels - out);
    for (let channel = 0; channel < g.inChannels; channel += width) {
      const count = min(width, g.inChannels - channel);
      const elements = tapsInList * count;
      for (let list = 0; list < lists; list++) {
        for (let element = 0; element < elements; element += 4) {
          const ins = min(4, elements - element);
          for (let o = 0; o < outs; o++) {
            for (let i = 0; i < ins; i++) {
              const tap = list + (element + i) / count;
              const at = (tap * g.inChannels + channel + ((element + i) % count)) * g.outChannels + out + o;
              store<f32>(filterRow + ((<usize>at) << 2), sumOfLanes(v128.load(sums)));
              sums += QUAD;
            }
          }
        }
      }
    }
  }
}

@inline
function sumOfLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** Smallest integer ≥ a / b, for b > 0. */
@inline
function ceilDivide(a: i32, b: i32): i32 {
  return a > 0 ? (a + b - 1) / b : -(-a / b);
}

/**
 * dFilter = gradient of the convolution by its filter.
 *
 * @param padded columns of a packed row of x: (outWidth − 1)·stride + (filterWidth − 1)·dilation + 1
 * @param scratch 64 bytes, then 4 floats per weight, then 8 floats per element of one image's dy and padded x
 */
export function conv2dFilterGradient(
  g: ConvGeometry,
  x: usize,
  dy: usize,
  dFilter: usize,
  padded: i32,
  scratch: usize,
): void {
  const rowWeights = g.filterWidth * g.inChannels * g.outChannels;
  const band = changetype<Band>(scratch);
  const sums = scratch + 64;
  const packedDy = sums + <usize>(g.filterHeight * rowWeights) * QUAD;
  const dyRow = <usize>(g.outWidth * g.outChannels) * QUAD;
  const xRow = <usize>(padded * g.inChannels) * QUAD;
  const dyQuad = <usize>g.outHeight * dyRow;
  const xQuad = <usize>g.inHeight * xRow;
  const packedX = packedDy + 2 * dyQuad;
  const bandRows = max(
    1,
    BAND_BYTES / ((padded * min(4, g.inChannels) + g.outWidth * OUT_TILE) * 2 * <i32>QUAD),
  );
  band.columns = g.outWidth;
  band.xRow = <usize>g.strideHeight * xRow;
  band.xQuad = xQuad;
  band.dyRow = dyRow;
  band.dyQuad = dyQuad;
  memory.fill(sums, 0, packedDy - sums);
  for (let first = 0; first < g.batch; first += GROUP_IMAGES) {
    band.quads = 0;
    for (let image = first; image < min(first + GROUP_IMAGES, g.batch); image += 4) {
      const images = min(4, g.batch - image);
      const quad = <usize>band.quads;
      const xImages = x + ((<usize>(image * g.inHeight * g.inWidth * g.inChannels)) << 2);
      const dyImages = dy + ((<usize>(image * g.outHeight * g.outWidth * g.outChannels)) << 2);
      packRows(
        xImages,
        packedX + quad * xQuad,
        images,
        g.inHeight,
        g.inWidth,
        g.inChannels,
        inTile(g),
        padded,
        g.padLeft,
      );
      packRows(
        dyImages,
        packedDy + quad * dyQuad,
        images,
        g.outHeight,
        g.outWidth,
        g.outChannels,
        OUT_TILE,
        g.outWidth,
        0,
      );
      band.quads++;
    }
    for (let bandStart = 0; bandStart < g.outHeight; bandStart += bandRows) {
      const bandEnd = min(bandStart + bandRows, g.outHeight);
      for (let tap = 0; tap < g.filterHeight; tap++) {
        // Rows of dy whose row of x, out·stride + shift, is inside the image.
        const shift = tap * g.dilationHeight - g.padTop;
        const start = max(bandStart, ceilDivide(-shift, g.strideHeight));
        const end = min(bandEnd, ceilDivide(g.inHeight - shift, g.strideHeight));
        if (start >= end) continue;
        band.rows = end - start;
        const xStart = packedX + <usize>(start * g.strideHeight + shift) * xRow;
        addBand(
          g,
          xStart,
          packedDy + <usize>start * dyRow,
          band,
          sums + <usize>(tap * rowWeights) * QUAD,
          padded,
        );
      }
    }
  }
  for (let tap = 0; tap < g.filterHeight; tap++) {
    storeRow(g, sums + <usize>(tap * rowWeights) * QUAD, dFilter + ((<usize>(tap * rowWeights)) << 2));
  }
}
