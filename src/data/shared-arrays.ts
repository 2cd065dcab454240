/**
 * Copies of a user's arrays in shared memory, checked value by value. Inputs that are shared already, and of the right
 * type, are checked and kept.
 */

import type { Split } from './dataset.js';
import { fieldError, isInteger, requireThat, show } from './field-checks.js';

function isNumbers(value: unknown): value is ArrayLike<number> {
  const typed = ArrayBuffer.isView(value) && 'length' in value;
  return typed ? typeof (value as Uint8Array)[0] !== 'bigint' : Array.isArray(value);
}

function isShared(array: Uint8Array | Uint16Array | Float32Array): boolean {
  return array.buffer instanceof SharedArrayBuffer;
}

/**
 * Bytes stay bytes, anything else becomes 32-bit floats.
 * @throws StalewartError DATA naming the field and index of a value that is not finite
 */
export function sharedInputs(value: unknown, field: string): Split['inputs'] {
  requireThat(isNumbers(value), field, `is ${show(value)}, not an array of numbers`);
  if (value instanceof Uint8Array || value instanceof Uint8ClampedArray) {
    if (value instanceof Uint8Array && isShared(value)) {
      return value;
    }
    const bytes = new Uint8Array(new SharedArrayBuffer(value.length));
    bytes.set(value);
    return bytes;
  }
  return value instanceof Float32Array ? sharedFloats(value, field) : convertedFloats(value, field);
}

function sharedFloats(value: Float32Array, field: string): Float32Array {
  // A plain loop: findIndex takes six times as long, seconds for a data set of the size of CIFAR-10.
  for (let i = 0; i < value.length; i++) {
    if (!Number.isFinite(value[i])) {
      throw notFinite(field, i, value[i]);
    }
  }
  if (isShared(value)) {
    return value;
  }
  const floats = new Float32Array(new SharedArrayBuffer(value.byteLength));
  floats.set(value);
  return floats;
}

function convertedFloats(value: ArrayLike<unknown>, field: string): Float32Array {
  const floats = new Float32Array(new SharedArrayBuffer(value.length * Float32Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < value.length; i++) {
    const number = value[i];
    // Looked at after rounding to 32 bits: 1e300 is finite, and infinite as a 32-bit float.
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) {
      throw notFinite(field, i, number);
    }
    floats[i] = number;
  }
  return floats;
}

function notFinite(field: string, index: number, value: unknown): Error {
  return fieldError(`${field}[${index}]`, `is ${show(value)}, not a finite 32-bit number`);
}

/**
 * Bytes for up to 256 classes, else 16 bits.
 * @throws StalewartError DATA naming the field and index of a label that is no class
 */
export function sharedLabels(value: unknown, field: string, classes: number): Split['labels'] {
  requireThat(isNumbers(value), field, `is ${show(value)}, not an array of numbers`);
  const labels =
    classes <= 256
      ? new Uint8Array(new SharedArrayBuffer(value.length))
      : new Uint16Array(new SharedArrayBuffer(value.length * Uint16Array.BYTES_PER_ELEMENT));
  for (let i = 0; i < value.length; i++) {
    const label = value[i];
    if (!isInteger(label) || label < 0 || label >= classes) {
      throw fieldError(`${field}[${i}]`, `is ${show(label)}, not an integer from 0 to ${classes - 1}`);
    }
    labels[i] = label;
  }
  return labels;
}
