/**
 * Convolution, NHWC, any stride, dilation and padding, and its gradients: eight images at a time are packed into lanes,
 * worked on (conv-passes.ts, filter-gradient.ts) and unpacked. Scratch memory does not grow with the batch; how much of
 * it each of its parts needs, `src/compute/wasm-training/conv-scratch.ts` says.
 */
import { ENTRY_BYTES } from './axis-plan';
import { GROUP, LANES, packImages, unpackImages } from './batch-lanes';
import { convolve, convolveBack, packFilter, packFilterBack, planAxes, planAxesBack } from './conv-passes';
import { addFilterGradient, clearSums, storeFilterGradient } from './filter-gradient';
import { ConvGeometry } from './geometry';

@inline
function inSize(g: ConvGeometry): i32 {
  return g.inHeight * g.inWidth * g.inChannels;
}

@inline
function outSize(g: ConvGeometry): i32 {
  return g.outHeight * g.outWidth * g.outChannels;
}

/** Address of an image whose elements are `size` floats. */
@inline
function imageAt(images: usize, index: i32, size: i32): usize {
  return images + ((<usize>index * <usize>size) << 2);
}

/**
 * y = convolution of x with the filter, plus the bias.
 *
 * @param bias address of outChannels floats, or 0 for none
 * @param relu what is negative becomes 0
 * @param tiles 0, or the most tiles in a block of Winograd's algorithm
 * @param packed for the filter
 * @param work for the algorithm
 * @param groups for one group of eight images of x and y
 * @param plans for an entry for each row and column of y
 */
export function conv2d(
  g: ConvGeometry,
  x: usize,
  filter: usize,
  bias: usize,
  relu: bool,
  y: usize,
  tiles: i32,
  packed: usize,
  work: usize,
  groups: usize,
  plans: usize,
): void {
  const result = groups + <usize>inSize(g) * GROUP;
  const columns = plans + <usize>g.outHeight * ENTRY_BYTES;
  packFilter(g, filter, bias, tiles, packed);
  planAxes(g, plans, columns);
  for (let first = 0; first < g.batch; first += LANES) {
    const images = min(g.batch - first, LANES);
    packImages(imageAt(x, first, inSize(g)), groups, images, inSize(g));
    convolve(g, groups, packed, bias, relu, result, plans, columns, tiles, work);
    unpackImages(result, imageAt(y, first, outSize(g)), images, outSize(g));
  }
}

/** dx = gradient of the convolution by its input; parameters as for `conv2d`, with `plans` for rows and columns of x. */
export function conv2dInputGradient(
  g: ConvGeometry,
  dy: usize,
  filter: usize,
  dx: usize,
  tiles: i32,
  packed: usize,
  work: usize,
  groups: usize,
  plans: usize,
): void {
  const result = groups + <usize>outSize(g) * GROUP;
  const columns = plans + <usize>g.inHeight * ENTRY_BYTES;
  packFilterBack(g, filter, tiles, packed);
  planAxesBack(g, plans, columns);
  for (let first = 0; first < g.batch; first += LANES) {
    const images = min(g.batch - first, LANES);
    packImages(imageAt(dy, first, outSize(g)), groups, images, outSize(g));
    convolveBack(g, groups, packed, result, plans, columns, tiles, work);
    unpackImages(result, imageAt(dx, first, inSize(g)), images, inSize(g));
  }
}

/** dFilter = gradient of the convolution by its filter; parameters as for `conv2d`. */
export function conv2dFilterGradient(
  g: ConvGeometry,
  x: usize,
  dy: usize,
  dFilter: usize,
  tiles: i32,
  sums: usize,
  work: usize,
  groups: usize,
): void {
  const second = groups + <usize>inSize(g) * GROUP;
  clearSums(g, tiles, sums);
  for (let first = 0; first < g.batch; first += LANES) {
    const images = min(g.batch - first, LANES);
    packImages(imageAt(x, first, inSize(g)), groups, images, inSize(g));
    packImages(imageAt(dy, first, outSize(g)), second, images, outSize(g));
    addFilterGradient(g, groups, second, tiles, sums, work);
  }
  storeFilterGradient(g, tiles, sums, dFilter, 0);
}
