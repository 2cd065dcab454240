/**
 * The shape of a two-dimensional convolution, pooling or depthwise convolution, written by the caller into memory as
 * consecutive i32 in the order of the fields. The fields must stay in the order of `src/compute/wasm-training/
 * conv-geometry.ts`.
 */
@unmanaged
export class ConvGeometry {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  filterHeight: i32;
  filterWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  padTop: i32;
  padLeft: i32;
}
