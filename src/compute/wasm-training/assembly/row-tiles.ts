/**
 * Layout for sums along rows: four images side by side, each row cut into tiles of channels, zeros as padding:
 * [row][tile][column][channel of the tile][4]. One tile of one row is adjacent memory, however many channels there are.
 */
import { transposeFour } from './batch-lanes';

/** Bytes of one element of four images. */
export const QUAD: usize = 16;

/** One element of four images. */
@inline
function gatherOne(from: usize, to: usize, stride: usize): void {
  let v = v128.load32_zero(from);
  v = v128.load32_lane(from + stride, v, 1);
  v = v128.load32_lane(from + 2 * stride, v, 2);
  v = v128.load32_lane(from + 3 * stride, v, 3);
  v128.store(to, v);
}

/** Two adjacent elements of four images. */
@inline
function gatherTwo(from: usize, to: usize, stride: usize): void {
  let ab = v128.load64_zero(from);
  ab = v128.load64_lane(from + stride, ab, 1);
  let cd = v128.load64_zero(from + 2 * stride);
  cd = v128.load64_lane(from + 3 * stride, cd, 1);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 2, 4, 6));
  v128.store(to, v128.shuffle<f32>(ab, cd, 1, 3, 5, 7), 16);
}

/** `size` adjacent elements of four images. */
@inline
function gatherRun(from: usize, to: usize, stride: usize, size: i32): void {
  for (; size >= 4; size -= 4) {
    transposeFour(from, stride, to, QUAD);
    from += 16;
    to += 4 * QUAD;
  }
  for (; size > 0; size--) {
    gatherOne(from, to, stride);
    from += 4;
    to += QUAD;
  }
}

/** As `gatherRun`, for fewer than four images; lanes that are not written stay as they are. */
function gatherSome(from: usize, to: usize, stride: usize, size: i32, images: i32): void {
  for (let i = 0; i < size; i++) {
    for (let image = 0; image < images; image++) {
      store<f32>(to + ((<usize>image) << 2), load<f32>(from + <usize>image * stride));
    }
    from += 4;
    to += QUAD;
  }
}

/**
 * Packs `images` (1 … 4) images of `height` rows by `width` pixels.
 *
 * @param tile channels in a tile; the last tile of a row has the rest
 * @param padded columns of a packed row: what is left of the image is cut off, what is missing is zero
 * @param padLeft zero columns before the first pixel
 */
export function packRows(
  source: usize,
  destination: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  tile: i32,
  padded: i32,
  padLeft: i32,
): void {
  const stride = (<usize>(height * width * channels)) << 2;
  const pixel = (<usize>channels) << 2;
  const columns = max(0, min(width, padded - padLeft));
  if (images < 4 || padLeft > 0 || columns < padded) {
    memory.fill(destination, 0, <usize>(height * padded * channels) * QUAD);
  }
  for (let row = 0; row < height; row++) {
    for (let start = 0; start < channels; start += tile) {
      const count = min(tile, channels - start);
      let from = source + ((<usize>(row * width * channels + start)) << 2);
      let to = destination + <usize>(padLeft * count) * QUAD;
      const step = <usize>count * QUAD;
      if (images < 4) {
        for (let column = 0; column < columns; column++) {
          gatherSome(from + <usize>column * pixel, to + <usize>column * step, stride, count, images);
        }
      } else if (count == channels) {
        gatherRun(from, to, stride, columns * count);
      } else if (count == 2) {
        for (let column = 0; column < columns; column++) {
          gatherTwo(from, to, stride);
          from += pixel;
          to += step;
        }
      } else {
        for (let column = 0; column < columns; column++) {
          gatherRun(from, to, stride, count);
          from += pixel;
          to += step;
        }
      }
      destination += <usize>(padded * count) * QUAD;
    }
  }
}
