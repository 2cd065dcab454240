/**
 * Depthwise convolution and its gradients, NHWC, any stride, dilation, padding and channel multiplier. With a multiplier of
 * one, four channels fill a vector; otherwise the plain sums are taken one by one.
 */
import { ENTRY_BYTES, planAxis, sourceStep, tapStep } from './axis-plan';
import { endInside, firstInside } from './axis-range';
import { ConvGeometry } from './geometry';

/** y[…, channel·multiplier + m] = Σ over taps of x[…, channel] · filter[tap, channel, m]. */
export function depthwise(g: ConvGeometry, x: usize, filter: usize, y: usize): void {
  const multiplier = g.outChannels / g.inChannels;
  const xPixel = (<usize>g.inChannels) << 2;
  const yPixel = (<usize>g.outChannels) << 2;
  const vectors = multiplier == 1 ? g.inChannels & ~3 : 0;
  for (let image = 0; image < g.batch; image++) {
    for (let row = 0; row < g.outHeight; row++) {
      const top = row * g.strideHeight - g.padTop;
      const rowStart = firstInside(top, g.dilationHeight);
      const rowEnd = endInside(top, g.dilationHeight, g.inHeight, g.filterHeight);
      for (let column = 0; column < g.outWidth; column++) {
        const left = column * g.strideWidth - g.padLeft;
        const columnStart = firstInside(left, g.dilationWidth);
        const columnEnd = endInside(left, g.dilationWidth, g.inWidth, g.filterWidth);
        for (let out = 0; out < g.outChannels; out += out < vectors ? 4 : 1) {
          const from = (<usize>(out / multiplier)) << 2;
          const by = (<usize>out) << 2;
          let sums = f32x4.splat(0);
          let sum: f32 = 0;
          for (let i = rowStart; i < rowEnd; i++) {
            const inRow = image * g.inHeight + top + i * g.dilationHeight;
            for (let j = columnStart; j < columnEnd; j++) {
              const pixel = x + <usize>(inRow * g.inWidth + left + j * g.dilationWidth) * xPixel + from;
              const weight = filter + <usize>(i * g.filterWidth + j) * yPixel + by;
              if (out < vectors) sums = f32x4.add(sums, f32x4.mul(v128.load(pixel), v128.load(weight)));
              else sum += load<f32>(pixel) * load<f32>(weight);
            }
          }
          if (out < vectors) v128.store(y + by, sums);
          else store<f32>(y + by, sum);
        }
        y += yPixel;
      }
    }
  }
}

/** dFilter[tap, channel, m] = Σ x[…, channel] · dy[…, channel·multiplier + m]. */
export function depthwiseFilterGradient(g: ConvGeometry, x: usize, dy: usize, dFilter: usize): void {
  const multiplier = g.outChannels / g.inChannels;
  const xPixel = (<usize>g.inChannels) << 2;
  const dyPixel = (<usize>g.outChannels) << 2;
  memory.fill(dFilter, 0, <usize>(g.filterHeight * g.filterWidth) * dyPixel);
  for (let image = 0; image < g.batch; image++) {
    for (let row = 0; row < g.outHeight; row++) {
      for (let i = 0; i < g.filterHeight; i++) {
        const inRow = row * g.strideHeight + i * g.dilationHeight - g.padTop;
        if (inRow < 0 || inRow >= g.inHeight) continue;
        const xRow = x + <usize>((image * g.inHeight + inRow) * g.inWidth) * xPixel;
        const dyRow = dy + <usize>((image * g.outHeight + row) * g.outWidth) * dyPixel;
        for (let j = 0; j < g.filterWidth; j++) {
          const shift = j * g.dilationWidth - g.padLeft;
          const start = firstInside(shift, g.strideWidth);
          const end = endInside(shift, g.strideWidth, g.inWidth, g.outWidth);
          const sums = dFilter + <usize>(i * g.filterWidth + j) * dyPixel;
          if (end <= start) continue;
          const from = xRow + <usize>(start * g.strideWidth + shift) * xPixel;
          const by = dyRow + <usize>start * dyPixel;
          const step = <usize>g.strideWidth * xPixel;
          const vectors = multiplier == 1 ? g.inChannels & ~3 : 0;
          for (let channel = 0; channel < vectors; channel += 4) {
            const at = (<usize>channel) << 2;
            addVectorProducts(from + at, by + at, sums + at, end - start, step, dyPixel);
          }
          for (let out = vectors; out < g.outChannels; out++) {
            const at = (<usize>out) << 2;
            addProducts(
              from + ((<usize>(out / multiplier)) << 2),
              by + at,
              sums + at,
              end - start,
              step,
              dyPixel,
            );
          }
        }
      }
    }
  }
}

function addVectorProducts(x: usize, dy: usize, sum: usize, count: i32, xStep: usize, dyStep: usize): void {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    a = f32x4.add(a, f32x4.mul(v128.load(x), v128.load(dy)));
    b = f32x4.add(b, f32x4.mul(v128.load(x + xStep), v128.load(dy + dyStep)));
    x += 2 * xStep;
    dy += 2 * dyStep;
  }
  if (i < count) a = f32x4.add(a, f32x4.mul(v128.load(x), v128.load(dy)));
  v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(a, b)));
}

function addProducts(x: usize, dy: usize, sum: usize, count: i32, xStep: usize, dyStep: usize): void {
  let total: f32 = 0;
  for (let i = 0; i < count; i++) {
    total += load<f32>(x) * load<f32>(dy);
    x += xStep;
    dy += dyStep;
  }
  store<f32>(sum, load<f32>(sum) + total);
}

/**
 * dx[…, channel] = Σ over taps and m of dy[…, channel·multiplier + m] · filter[tap, channel, m].
 *
 * @param scratch 12 bytes per input row and column
 */
export function depthwiseInputGradient(
  g: ConvGeometry,
  dy: usize,
  filter: usize,
  dx: usize,
  scratch: usize,
): void {
  const multiplier = g.outChannels / g.inChannels;
  const dyPixel = (<usize>g.outChannels) << 2;
  const columnPlan = scratch + <usize>g.inHeight * ENTRY_BYTES;
  // The plans count taps from the flipped end of the filter.
  const offsetTop = (g.filterHeight - 1) * g.dilationHeight - g.padTop;
  const offsetLeft = (g.filterWidth - 1) * g.dilationWidth - g.padLeft;
  planAxis(scratch, g.inHeight, g.outHeight, g.filterHeight, 1, offsetTop, g.dilationHeight, g.strideHeight);
  planAxis(columnPlan, g.inWidth, g.outWidth, g.filterWidth, 1, offsetLeft, g.dilationWidth, g.strideWidth);
  const rowTaps = tapStep(g.dilationHeight, g.strideHeight);
  const rowSteps = sourceStep(g.dilationHeight, g.strideHeight);
  const columnTaps = tapStep(g.dilationWidth, g.strideWidth);
  const columnSteps = sourceStep(g.dilationWidth, g.strideWidth);
  const vectors = multiplier == 1 ? g.inChannels & ~3 : 0;
  for (let image = 0; image < g.batch; image++) {
    for (let row = 0; row < g.inHeight; row++) {
      const rowEntry = scratch + <usize>row * ENTRY_BYTES;
      const rows = load<i32>(rowEntry, 4);
      const tapRow = g.filterHeight - 1 - load<i32>(rowEntry);
      const outRow = image * g.outHeight + load<i32>(rowEntry, 8);
      for (let column = 0; column < g.inWidth; column++) {
        const columnEntry = columnPlan + <usize>column * ENTRY_BYTES;
        const columns = load<i32>(columnEntry, 4);
        const tapColumn = g.filterWidth - 1 - load<i32>(columnEntry);
        const outColumn = load<i32>(columnEntry, 8);
        for (let channel = 0; channel < vectors; channel += 4) {
          let sum = f32x4.splat(0);
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              const pixel = (outRow + i * rowSteps) * g.outWidth + outColumn + j * columnSteps;
              const tap = (tapRow - i * rowTaps) * g.filterWidth + tapColumn - j * columnTaps;
              const at = (<usize>channel) << 2;
              const gradient = v128.load(dy + <usize>pixel * dyPixel + at);
              sum = f32x4.add(sum, f32x4.mul(gradient, v128.load(filter + <usize>tap * dyPixel + at)));
            }
          }
          v128.store(dx + ((<usize>channel) << 2), sum);
        }
        for (let channel = vectors; channel < g.inChannels; channel++) {
          let sum: f32 = 0;
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              const pixel = (outRow + i * rowSteps) * g.outWidth + outColumn + j * columnSteps;
              const tap = (tapRow - i * rowTaps) * g.filterWidth + tapColumn - j * columnTaps;
              for (let m = 0; m < multiplier; m++) {
                const at = (<usize>(channel * multiplier + m)) << 2;
                sum +=
                  load<f32>(dy + <usize>pixel * dyPixel + at) * load<f32>(filter + <usize>tap * dyPixel + at);
              }
            }
          }
          store<f32>(dx + ((<usize>channel) << 2), sum);
        }
        dx += (<usize>g.inChannels) << 2;
      }
    }
  }
}
