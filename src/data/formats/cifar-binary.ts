/**
 * The binary version of CIFAR (https://www.cs.toronto.edu/~kriz/cifar.html): records of one label byte (CIFAR-10) or a
 * coarse and a fine one (CIFAR-100), then 1024 red, 1024 green and 1024 blue bytes, each row-major.
 */

import { readFile } from 'node:fs/promises';
import { codeOf, dataError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';
import type { Split } from '../dataset.js';

const pixels = 32 * 32;
const channels = 3;
const imageBytes = pixels * channels;
const mend = 'Unpack the official archive anew (https://www.cs.toronto.edu/~kriz/cifar.html)';

export interface CifarBinaryLayout {
  /** Bytes before the pixels: 1 for CIFAR-10, 2 for CIFAR-100. The last of them is the label. */
  readonly labelBytes: number;
  readonly examplesPerFile: number;
}

/**
 * Reads the files one after the other into one split in shared memory, colours interleaved (NHWC).
 * @throws StalewartError DATA naming the first file that is missing or of the wrong size
 */
export async function readCifarBinary(
  paths: readonly string[],
  layout: CifarBinaryLayout,
  signal?: AbortSignal,
): Promise<Split> {
  const { labelBytes, examplesPerFile } = layout;
  const size = paths.length * examplesPerFile;
  const inputs = new Uint8Array(new SharedArrayBuffer(size * imageBytes));
  const labels = new Uint8Array(new SharedArrayBuffer(size));
  for (const [number, path] of paths.entries()) {
    signal?.throwIfAborted();
    const records = await readRecords(path, examplesPerFile * (labelBytes + imageBytes));
    for (let i = 0; i < examplesPerFile; i++) {
      const example = number * examplesPerFile + i;
      const start = i * (labelBytes + imageBytes) + labelBytes;
      labels[example] = records[start - 1] ?? 0;
      interleave(records, start, inputs, example * imageBytes);
    }
  }
  return { size, inputs, labels };
}

async function readRecords(path: string, expectedBytes: number): Promise<Uint8Array> {
  let records: Uint8Array;
  try {
    records = await readFile(path);
  } catch (error) {
    const wrong = codeOf(error) === 'ENOENT' ? 'is missing' : `cannot be read (${firstLineOf(error)})`;
    throw dataError(path, wrong, mend, error);
  }
  if (records.length !== expectedBytes) {
    throw dataError(path, `has ${records.length} bytes, not ${expectedBytes}`, mend);
  }
  return records;
}

/** Planes of red, green and blue at `from` become interleaved pixels at `to`. */
function interleave(planes: Uint8Array, from: number, image: Uint8Array, to: number): void {
  for (let channel = 0; channel < channels; channel++) {
    const plane = from + channel * pixels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      image[to + pixel * channels + channel] = planes[plane + pixel] ?? 0;
    }
  }
}
