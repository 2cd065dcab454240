/**
 * Float32 elements as little-endian bytes, whatever the machine. Bits are moved, never interpreted: a NaN keeps its
 * payload and −0 its sign.
 */

/** Whether this machine stores the lowest byte first, as nearly all do. */
export const hostIsLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

const elementBytes = Float32Array.BYTES_PER_ELEMENT;

/**
 * Writes `tensor` at `offset` of `target`, 4 bytes an element. The caller has made room.
 * @param littleEndian byte order of this machine
 */
export function writeFloat32(
  target: Uint8Array,
  offset: number,
  tensor: Float32Array,
  littleEndian = hostIsLittleEndian,
): void {
  target.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), offset);
  if (!littleEndian) reverseElements(target.subarray(offset, offset + tensor.byteLength));
}

/**
 * The `count` elements at `offset` of `bytes`: a view into `bytes` where they are aligned, else a copy.
 * @param littleEndian byte order of this machine
 */
export function readFloat32(
  bytes: Uint8Array,
  offset: number,
  count: number,
  littleEndian = hostIsLittleEndian,
): Float32Array {
  const start = bytes.byteOffset + offset;
  if (littleEndian && start % elementBytes === 0) return new Float32Array(bytes.buffer, start, count);
  // Not `slice`: that of Node's Buffer, which is what sockets deliver, does not copy.
  const copy = new Uint8Array(count * elementBytes);
  copy.set(bytes.subarray(offset, offset + copy.length));
  if (!littleEndian) reverseElements(copy);
  return new Float32Array(copy.buffer);
}

function reverseElements(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += elementBytes) bytes.subarray(at, at + elementBytes).reverse();
}
