/**
 * Buffers of one size that are used again, so that messages that pass through leave nothing to the garbage collector:
 * it counts every byte of them, and collects the whole heap for a few dozen messages.
 */

export interface BufferPool {
  /** @returns so many bytes, which hold what was there before; fresh ones where they would fill less than half a buffer,
   * or more than one */
  take(bytes: number): Uint8Array;
  /** Takes bytes of `take` back: from now on they are another's. Does nothing to bytes that are not of this pool, or that
   * it has back already. */
  release(bytes: Uint8Array): void;
}

/** Grows to as many buffers as are in use at a time. A buffer that is never released is lost to the pool, no more. */
export function createBufferPool(bufferBytes: number): BufferPool {
  const free: Uint8Array[] = [];
  const taken = new WeakMap<Uint8Array, Uint8Array>();

  return {
    take(bytes) {
      if (bytes > bufferBytes || bytes < bufferBytes / 2) return new Uint8Array(bytes);
      const buffer = free.pop() ?? new Uint8Array(bufferBytes);
      const lent = buffer.subarray(0, bytes);
      taken.set(lent, buffer);
      return lent;
    },
    release(bytes) {
      const buffer = taken.get(bytes);
      if (buffer !== undefined) free.push(buffer);
      taken.delete(bytes);
    },
  };
}
