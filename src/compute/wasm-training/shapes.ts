/** Shapes as TensorFlow.js gives them to kernels. */

/** Height and width, or one number for both. */
export type Pair = number | [number, number];
export type Shape4 = [number, number, number, number];

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}
