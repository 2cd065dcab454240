/** Weights as bytes are little-endian float32, on every machine: so that hashes and files compare. */
import { endianness } from 'node:os';

/** The bytes of the values: a view of them where the machine is little-endian itself, else a swapped copy. */
export function littleEndianBytes(values: Float32Array): Buffer {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}

/** A fresh vector from such bytes. */
export function fromLittleEndian(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const copy = Buffer.from(new ArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  if (endianness() !== 'LE') copy.swap32();
  return new Float32Array(copy.buffer, copy.byteOffset, copy.byteLength / Float32Array.BYTES_PER_ELEMENT);
}
