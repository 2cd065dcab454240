/**
 * Shared memory that the garbage collector takes note of. V8 counts a SharedArrayBuffer towards nobody's memory, so ones
 * that nobody holds any more pile up for gigabytes before it sees a reason to collect. So an ordinary ArrayBuffer is tied
 * to the life of each one. It is counted, but never written, so the operating system never puts memory behind
 * it.
 *
 * It has a quarter of the size. V8 collects for every so many bytes, a limit that it takes from its heap of small objects,
 * here about 16 MB: counted in full, models of 250 KB had it collect ten times a second, on a fifth of a core. With a
 * quarter, some 100 MB of dead vectors may wait for the next collection.
 */
const countedShare = 1 / 4;

const counted = new WeakMap<object, ArrayBuffer>();

/** Zeros, over a SharedArrayBuffer: posted to other threads by reference. */
export function sharedVector(length: number): Float32Array {
  return countShared(new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT)));
}

/** Zero bytes, over a SharedArrayBuffer. */
export function sharedBytes(length: number): Uint8Array {
  return countShared(new Uint8Array(new SharedArrayBuffer(length)));
}

/** Has this thread's garbage collector take note of shared memory that came from another thread; other memory it knows
 *  of. @returns `array` */
export function countShared<View extends Uint8Array | Float32Array>(array: View): View {
  const { buffer } = array;
  if (buffer instanceof SharedArrayBuffer && !counted.has(buffer)) {
    counted.set(buffer, new ArrayBuffer(Math.ceil(buffer.byteLength * countedShare)));
  }
  return array;
}
