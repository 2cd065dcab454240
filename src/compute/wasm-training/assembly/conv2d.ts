/**
 * Convolution forward and its gradient by the input, NHWC, any stride, dilation and padding: eight images at a time are
 * packed into lanes, correlated, and unpacked. Scratch memory does not grow with the batch.
 */
import { ENTRY_BYTES, planAxis, sourceStep, tapStep } from './axis-plan';
import { GROUP, LANES, packImages, unpackImages } from './batch-lanes';
import { correlate } from './correlate';
import { ConvGeometry } from './geometry';

/** [taps][outChannels] to [tile of outChannels][bias, then taps][width]; without a bias it is zero. */
export function packFilter(filter: usize, bias: usize, packed: usize, taps: i32, outChannels: i32): void {
  for (let start = 0; start < outChannels; ) {
    const width = min(4, outChannels - start);
    for (let i = 0; i < width; i++) {
      store<f32>(packed, bias == 0 ? 0 : load<f32>(bias + ((<usize>(start + i)) << 2)));
      packed += 4;
    }
    for (let tap = 0; tap < taps; tap++) {
      const from = filter + ((<usize>(tap * outChannels + start)) << 2);
      for (let i = 0; i < width; i++) {
        store<f32>(packed, load<f32>(from + ((<usize>i) << 2)));
        packed += 4;
      }
    }
    start += width;
  }
}

/** [height][width][in][out], flipped in both axes, to [tile of in][zeros, then [height][width][out]][tile width]. */
export function packFlippedFilter(filter: usize, packed: usize, taps: i32, inChannels: i32, outChannels: i32): void {
  for (let start = 0; start < inChannels; ) {
    const width = min(4, inChannels - start);
    memory.fill(packed, 0, (<usize>width) << 2);
    packed += (<usize>width) << 2;
    for (let tap = taps - 1; tap >= 0; tap--) {
      const from = filter + ((<usize>((tap * inChannels + start) * outChannels)) << 2);
      for (let out = 0; out < outChannels; out++) {
        for (let i = 0; i < width; i++) {
          store<f32>(packed, load<f32>(from + ((<usize>(i * outChannels + out)) << 2)));
          packed += 4;
        }
      }
    }
    start += width;
  }
}

/**
 * y = convolution of x with the filter, plus the bias.
 *
 * @param bias address of outChannels floats, or 0 for none
 * @param relu what is negative becomes 0
 * @param scratch a float per weight and channel, rounded up to 64 bytes, then 8 floats per element of one image's x and
 * y, then 12 bytes per output row and column
 */
export function conv2d(
  g: ConvGeometry,
  x: usize,
  filter: usize,
  bias: usize,
  relu: bool,
  y: usize,
  scratch: usize,
): void {
  const inSize = g.inHeight * g.inWidth * g.inChannels;
  const outSize = g.outHeight * g.outWidth * g.outChannels;
  const taps = g.filterHeight * g.filterWidth * g.inChannels;
  const weights = scratch;
  const source = aligned(weights + ((<usize>((taps + 1) * g.outChannels)) << 2));
  const result = source + <usize>inSize * GROUP;
  const rows = result + <usize>outSize * GROUP;
  const columns = rows + <usize>g.outHeight * ENTRY_BYTES;
  packFilter(filter, bias, weights, taps, g.outChannels);
  planAxis(rows, g.outHeight, g.inHeight, g.filterHeight, g.strideHeight, g.padTop, g.dilationHeight, 1);
  planAxis(columns, g.outWidth, g.inWidth, g.filterWidth, g.strideWidth, g.padLeft, g.dilationWidth, 1);
  for (let first = 0; first < g.batch; first += LANES) {
    const images = min(g.batch - first, LANES);
    packImages(x + ((<usize>(first * inSize)) << 2), source, images, inSize);
    correlate(
      source,
      weights,
      result,
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
      relu ? 0 : -Infinity,
    );
    unpackImages(result, y + ((<usize>(first * outSize)) << 2), images, outSize);
  }
}

/**
 * dx = gradient of the convolution by its input.
 *
 * @param scratch as for `conv2d`, with 12 bytes per input row and column
 */
export function conv2dInputGradient(
  g: ConvGeometry,
  dy: usize,
  filter: usize,
  dx: usize,
  scratch: usize,
): void {
  const inSize = g.inHeight * g.inWidth * g.inChannels;
  const outSize = g.outHeight * g.outWidth * g.outChannels;
  const taps = g.filterHeight * g.filterWidth;
  const weights = scratch;
  const source = aligned(weights + ((<usize>((taps * g.outChannels + 1) * g.inChannels)) << 2));
  const result = source + <usize>outSize * GROUP;
  const rows = result + <usize>inSize * GROUP;
  const columns = rows + <usize>g.inHeight * ENTRY_BYTES;
  packFlippedFilter(filter, weights, taps, g.inChannels, g.outChannels);
  const offsetTop = (g.filterHeight - 1) * g.dilationHeight - g.padTop;
  const offsetLeft = (g.filterWidth - 1) * g.dilationWidth - g.padLeft;
  planAxis(rows, g.inHeight, g.outHeight, g.filterHeight, 1, offsetTop, g.dilationHeight, g.strideHeight);
  planAxis(columns, g.inWidth, g.outWidth, g.filterWidth, 1, offsetLeft, g.dilationWidth, g.strideWidth);
  for (let first = 0; first < g.batch; first += LANES) {
    const images = min(g.batch - first, LANES);
    packImages(dy + ((<usize>(first * outSize)) << 2), source, images, outSize);
    correlate(
      source,
      weights,
      result,
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
    unpackImages(result, dx + ((<usize>(first * inSize)) << 2), images, inSize);
  }
}

@inline
function aligned(address: usize): usize {
  return (address + 63) & ~63;
}
