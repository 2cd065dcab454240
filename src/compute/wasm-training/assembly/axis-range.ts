/** Which of equally spaced positions along one axis, shift + i·stride, are inside an image of `size` pixels. */

/** First i ≥ 0 whose position is not below 0. */
@inline
export function firstInside(shift: i32, stride: i32): i32 {
  return shift >= 0 ? 0 : (-shift + stride - 1) / stride;
}

/** One past the last i < limit whose position is below size. */
@inline
export function endInside(shift: i32, stride: i32, size: i32, limit: i32): i32 {
  return shift >= size ? 0 : min(limit, (size - shift + stride - 1) / stride);
}
