/**
 * Layout: eight images side by side, element by element: [images][size] becomes [size][8], so that one vector holds the
 * same element of four images and the number of channels stops mattering. Lanes of images that are not there are zero.
 */

export const LANES: i32 = 8;
/** Bytes of one element of eight images. */
export const GROUP: usize = 32;

/** Four elements of four images, `stride` bytes apart, become four vectors `step` bytes apart. */
@inline
export function transposeFour(source: usize, stride: usize, destination: usize, step: usize): void {
  const third = source + 2 * stride;
  const a = v128.load(source);
  const b = v128.load(source + stride);
  const c = v128.load(third);
  const d = v128.load(third + stride);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(destination, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(destination + step, v128.shuffle<i64>(ab0, cd0, 1, 3));
  v128.store(destination + 2 * step, v128.shuffle<i64>(ab1, cd1, 0, 2));
  v128.store(destination + 3 * step, v128.shuffle<i64>(ab1, cd1, 1, 3));
}

/** [images][size] at `source` to [size][8] at `destination`; `images` is 1 … 8. */
export function packImages(source: usize, destination: usize, images: i32, size: i32): void {
  const stride = (<usize>size) << 2;
  if (images < LANES) {
    memory.fill(destination, 0, <usize>size * GROUP);
    for (let image = 0; image < images; image++) {
      for (let i = 0; i < size; i++) {
        store<f32>(
          destination + <usize>i * GROUP + ((<usize>image) << 2),
          load<f32>(source + ((<usize>i) << 2)),
        );
      }
      source += stride;
    }
    return;
  }
  const upper = source + 4 * stride;
  const whole = size & ~3;
  for (let i = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    const to = destination + <usize>i * GROUP;
    transposeFour(source + at, stride, to, GROUP);
    transposeFour(upper + at, stride, to + 16, GROUP);
  }
  for (let i = whole; i < size; i++) {
    for (let image = 0; image < LANES; image++) {
      store<f32>(
        destination + <usize>i * GROUP + ((<usize>image) << 2),
        load<f32>(source + ((<usize>i) << 2) + <usize>image * stride),
      );
    }
  }
}

/** [size][8] at `source` to [images][size] at `destination`; `images` is 1 … 8. */
export function unpackImages(source: usize, destination: usize, images: i32, size: i32): void {
  const stride = (<usize>size) << 2;
  const whole = images == LANES ? size & ~3 : 0;
  for (let i = 0; i < whole; i += 4) {
    const from = source + <usize>i * GROUP;
    const to = destination + ((<usize>i) << 2);
    transposeFour(from, GROUP, to, stride);
    transposeFour(from + 16, GROUP, to + 4 * stride, stride);
  }
  for (let i = whole; i < size; i++) {
    for (let image = 0; image < images; image++) {
      store<f32>(
        destination + ((<usize>i) << 2) + <usize>image * stride,
        load<f32>(source + <usize>i * GROUP + ((<usize>image) << 2)),
      );
    }
  }
}
