/**
 * Max and average pooling and their gradients, NHWC, overlapping windows and padding included. In a gradient each window
 * adds its share to the pixels it was made of. Four channels fill a vector; the last four may be moved back over channels
 * already done, whose gradient is then masked to zero. Groups of eight images in the batch-lanes layout are images with
 * eight times as many channels; so batch and channels are arguments, and those of the geometry are not looked at.
 */
import { endInside, firstInside } from './axis-range';
import { ConvGeometry } from './geometry';

/** Ones in the lanes from `first` on. */
@inline
function lanesFrom(first: i32): v128 {
  return i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat(first));
}

/**
 * y = the maximum of each window, or its mean over the pixels inside the image. A window without any gives −∞ or NaN, as
 * on the cpu backend.
 */
@inline
function pool(g: ConvGeometry, batch: i32, channels: i32, x: usize, y: usize, mean: bool): void {
  const pixel = (<usize>channels) << 2;
  const rowBytes = <usize>g.inWidth * pixel;
  const step = <usize>g.dilationWidth * pixel;
  const start: f32 = mean ? 0 : -Infinity;
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < g.outHeight; row++) {
      const top = row * g.strideHeight - g.padTop;
      const rowTap = firstInside(top, g.dilationHeight);
      const rowEnd = endInside(top, g.dilationHeight, g.inHeight, g.filterHeight);
      for (let column = 0; column < g.outWidth; column++) {
        const left = column * g.strideWidth - g.padLeft;
        const columnTap = firstInside(left, g.dilationWidth);
        const columnEnd = endInside(left, g.dilationWidth, g.inWidth, g.filterWidth);
        const corner = x + <usize>(left + columnTap * g.dilationWidth) * pixel;
        const pixels = <f32>(max(0, rowEnd - rowTap) * max(0, columnEnd - columnTap));
        const divisor = f32x4.splat(pixels);
        for (let channel = 0; channel < channels; channel += channels < 4 ? 1 : 4) {
          if (channels < 4) {
            let value = start;
            for (let i = rowTap; i < rowEnd; i++) {
              let at = corner + <usize>(top + i * g.dilationHeight) * rowBytes + ((<usize>channel) << 2);
              for (let j = columnTap; j < columnEnd; j++) {
                value = mean ? value + load<f32>(at) : max(value, load<f32>(at));
                at += step;
              }
            }
            store<f32>(y + ((<usize>channel) << 2), mean ? value / pixels : value);
          } else {
            const moved = (<usize>min(channel, channels - 4)) << 2;
            let value = f32x4.splat(start);
            for (let i = rowTap; i < rowEnd; i++) {
              let at = corner + <usize>(top + i * g.dilationHeight) * rowBytes + moved;
              for (let j = columnTap; j < columnEnd; j++) {
                value = mean ? f32x4.add(value, v128.load(at)) : f32x4.max(value, v128.load(at));
                at += step;
              }
            }
            v128.store(y + moved, mean ? f32x4.div(value, divisor) : value);
          }
        }
        y += pixel;
      }
    }
    x += <usize>g.inHeight * rowBytes;
  }
}

export function maxPool(g: ConvGeometry, batch: i32, channels: i32, x: usize, y: usize): void {
  pool(g, batch, channels, x, y, false);
}

export function averagePool(g: ConvGeometry, batch: i32, channels: i32, x: usize, y: usize): void {
  pool(g, batch, channels, x, y, true);
}

/**
 * dx = dy at the first pixel of each window, in reading order, that equals the window's maximum y; elsewhere 0.
 *
 * @param relu whether x is the output of a ReLU whose gradient is taken on the way: where y is 0 nothing passes
 */
export function maxPoolGradient(
  g: ConvGeometry,
  batch: i32,
  channels: i32,
  dy: usize,
  x: usize,
  y: usize,
  dx: usize,
  relu: bool,
): void {
  const pixel = (<usize>channels) << 2;
  const rowBytes = <usize>g.inWidth * pixel;
  const imageBytes = <usize>g.inHeight * rowBytes;
  memory.fill(dx, 0, <usize>batch * imageBytes);
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < g.outHeight; row++) {
      const top = row * g.strideHeight - g.padTop;
      const rowTap = firstInside(top, g.dilationHeight);
      const rowEnd = endInside(top, g.dilationHeight, g.inHeight, g.filterHeight);
      for (let column = 0; column < g.outWidth; column++) {
        const left = column * g.strideWidth - g.padLeft;
        const columnTap = firstInside(left, g.dilationWidth);
        const columnEnd = endInside(left, g.dilationWidth, g.inWidth, g.filterWidth);
        const corner = <usize>(left + columnTap * g.dilationWidth) * pixel;
        const step = <usize>g.dilationWidth * pixel;
        for (let channel = 0; channel < channels; channel += 4) {
          if (channels < 4) break;
          const moved = min(channel, channels - 4);
          const at = (<usize>moved) << 2;
          const best = v128.load(y + at);
          let share = v128.load(dy + at);
          if (relu) share = v128.and(share, f32x4.gt(best, f32x4.splat(0)));
          if (moved < channel) share = v128.and(share, lanesFrom(channel - moved));
          for (let i = rowTap; i < rowEnd; i++) {
            let p = <usize>(top + i * g.dilationHeight) * rowBytes + corner + at;
            for (let j = columnTap; j < columnEnd; j++) {
              const hit = f32x4.eq(v128.load(x + p), best);
              v128.store(dx + p, f32x4.add(v128.load(dx + p), v128.and(share, hit)));
              share = v128.andnot(share, hit);
              p += step;
            }
          }
        }
        if (channels < 4) {
          for (let channel: usize = 0; channel < <usize>channels; channel++) {
            const at = channel << 2;
            const best = load<f32>(y + at);
            let share = relu && best <= 0 ? <f32>0 : load<f32>(dy + at);
            for (let i = rowTap; i < rowEnd; i++) {
              let p = <usize>(top + i * g.dilationHeight) * rowBytes + corner + at;
              for (let j = columnTap; j < columnEnd; j++) {
                if (load<f32>(x + p) == best) {
                  store<f32>(dx + p, load<f32>(dx + p) + share);
                  share = 0;
                }
                p += step;
              }
            }
          }
        }
        y += pixel;
        dy += pixel;
      }
    }
    x += imageBytes;
    dx += imageBytes;
  }
}

/** dx = for each pixel the sum, over the windows that it was averaged in, of dy / pixels of the window inside the image. */
export function averagePoolGradient(g: ConvGeometry, batch: i32, channels: i32, dy: usize, dx: usize): void {
  const pixel = (<usize>channels) << 2;
  const rowBytes = <usize>g.inWidth * pixel;
  const imageBytes = <usize>g.inHeight * rowBytes;
  memory.fill(dx, 0, <usize>batch * imageBytes);
  for (let image = 0; image < batch; image++) {
    for (let row = 0; row < g.outHeight; row++) {
      const top = row * g.strideHeight - g.padTop;
      const rowTap = firstInside(top, g.dilationHeight);
      const rowEnd = endInside(top, g.dilationHeight, g.inHeight, g.filterHeight);
      for (let column = 0; column < g.outWidth; column++) {
        const left = column * g.strideWidth - g.padLeft;
        const columnTap = firstInside(left, g.dilationWidth);
        const columnEnd = endInside(left, g.dilationWidth, g.inWidth, g.filterWidth);
        const part: f32 = 1 / <f32>((rowEnd - rowTap) * (columnEnd - columnTap));
        for (let i = rowTap; i < rowEnd; i++) {
          for (let j = columnTap; j < columnEnd; j++) {
            const p =
              dx +
              <usize>(top + i * g.dilationHeight) * rowBytes +
              <usize>(left + j * g.dilationWidth) * pixel;
            addScaled(dy, p, channels, part);
          }
        }
        dy += pixel;
      }
    }
    dx += imageBytes;
  }
}

/** to += scale · from. */
@inline
function addScaled(from: usize, to: usize, size: i32, scale: f32): void {
  const factor = f32x4.splat(scale);
  const end = to + ((<usize>(size & ~3)) << 2);
  while (to < end) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(from), factor)));
    from += 16;
    to += 16;
  }
  for (let i: usize = 0; i < <usize>(size & 3); i++) {
    const at = i << 2;
    store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at) * scale);
  }
}
