/**
 * Batch normalisation of rows of channels, and the two sums per channel that its gradient needs. The last four channels
 * of a row may be moved back over channels already done, and give the same values again.
 */

/** y = (x − mean) · factor + offset, each of the last three one number per channel. */
export function normalize(
  x: usize,
  mean: usize,
  factor: usize,
  offset: usize,
  y: usize,
  rows: i32,
  channels: i32,
): void {
  const bytes = (<usize>channels) << 2;
  for (let row = 0; row < rows; row++) {
    if (channels < 4) {
      for (let at: usize = 0; at < bytes; at += 4) {
        store<f32>(
          y + at,
          (load<f32>(x + at) - load<f32>(mean + at)) * load<f32>(factor + at) + load<f32>(offset + at),
        );
      }
    } else {
      for (let i: usize = 0; i < bytes; i += 16) {
        const at = min(i, bytes - 16);
        const centred = f32x4.sub(v128.load(x + at), v128.load(mean + at));
        v128.store(y + at, f32x4.add(f32x4.mul(centred, v128.load(factor + at)), v128.load(offset + at)));
      }
    }
    x += bytes;
    y += bytes;
  }
}

/** Rows summed apart before they are added to the total, against rounding. */
const BLOCK: i32 = 128;

/** sums[channel] = Σ dy, products[channel] = Σ dy · (x − mean), over all rows. */
export function batchNormSums(
  dy: usize,
  x: usize,
  mean: usize,
  sums: usize,
  products: usize,
  rows: i32,
  channels: i32,
): void {
  const bytes = (<usize>channels) << 2;
  if (channels < 4) {
    for (let at: usize = 0; at < bytes; at += 4)
      sumOne(dy + at, x + at, mean + at, sums + at, products + at, rows, bytes);
    return;
  }
  for (let i: usize = 0; i < bytes; i += 16) {
    const at = min(i, bytes - 16);
    sumFour(dy + at, x + at, mean + at, sums + at, products + at, rows, bytes);
  }
}

function sumFour(
  dy: usize,
  x: usize,
  mean: usize,
  sum: usize,
  product: usize,
  rows: i32,
  bytes: usize,
): void {
  const centre = v128.load(mean);
  let sums = f32x4.splat(0);
  let products = f32x4.splat(0);
  for (let start = 0; start < rows; start += BLOCK) {
    const end = min(start + BLOCK, rows);
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    for (let row = start; row < end; row++) {
      const gradient = v128.load(dy);
      a = f32x4.add(a, gradient);
      b = f32x4.add(b, f32x4.mul(gradient, f32x4.sub(v128.load(x), centre)));
      dy += bytes;
      x += bytes;
    }
    sums = f32x4.add(sums, a);
    products = f32x4.add(products, b);
  }
  v128.store(sum, sums);
  v128.store(product, products);
}

function sumOne(dy: usize, x: usize, mean: usize, sum: usize, product: usize, rows: i32, bytes: usize): void {
  const centre = load<f32>(mean);
  let sums: f32 = 0;
  let products: f32 = 0;
  for (let start = 0; start < rows; start += BLOCK) {
    const end = min(start + BLOCK, rows);
    let a: f32 = 0;
    let b: f32 = 0;
    for (let row = start; row < end; row++) {
      const gradient = load<f32>(dy);
      a += gradient;
      b += gradient * (load<f32>(x) - centre);
      dy += bytes;
      x += bytes;
    }
    sums += a;
    products += b;
  }
  store<f32>(sum, sums);
  store<f32>(product, products);
}
