/**
 * Vectors in shared memory that the garbage collector takes note of. V8 counts a SharedArrayBuffer towards nobody's
 * memory, so ones that nobody holds any more pile up for gigabytes before it sees a reason to collect. So an ordinary
 * ArrayBuffer of the same size is tied to each vector's life. It is counted, but never written, so the operating system
 * never puts memory behind it.
 */

const counted = new WeakMap<Float32Array, ArrayBuffer>();

/** Zeros, over a SharedArrayBuffer. */
export function sharedVector(length: number): Float32Array {
  const bytes = length * Float32Array.BYTES_PER_ELEMENT;
  const vector = new Float32Array(new SharedArrayBuffer(bytes));
  counted.set(vector, new ArrayBuffer(bytes));
  return vector;
}
