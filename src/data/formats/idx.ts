/**
 * The IDX format of MNIST (http://yann.lecun.com/exdb/mnist/): two zero bytes, a type byte (8: unsigned byte), the
 * number of dimensions, each dimension as a big-endian 32-bit number, then the values. Data sets in MNIST's manner are
 * four such files, often gzipped.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { exists } from '../cache/partial-file.js';
import { dataError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';
import type { Split } from '../dataset.js';

const unsignedByte = 8;
const mend = 'Get the file anew';

/** The files of a data set in IDX format, without `.gz`. */
export const idxFiles = {
  trainInputs: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testInputs: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

export interface IdxArray {
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

/** @throws StalewartError DATA naming `file` if the bytes are not IDX of `rank` dimensions, or of the wrong length */
export function parseIdx(bytes: Uint8Array, file: string, rank: number): IdxArray {
  const headerBytes = 4 + 4 * rank;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes || view.getUint32(0) !== ((unsignedByte << 8) | rank)) {
    throw dataError(file, `is not an IDX file of bytes with ${rank} dimensions`, mend);
  }
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = headerBytes + dimensions.reduce((product, dimension) => product * dimension, 1);
  if (bytes.length !== expected) {
    throw dataError(file, `has ${bytes.length} bytes, not ${expected} (${dimensions.join('×')})`, mend);
  }
  return { dimensions, values: bytes.subarray(headerBytes) };
}

/**
 * Joins images and labels into a split in shared memory.
 * @throws StalewartError DATA if their numbers differ
 */
export function idxSplit(images: IdxArray, labels: IdxArray, imagesFile: string): Split {
  const size = images.dimensions[0] ?? 0;
  if (size !== labels.dimensions[0]) {
    throw dataError(imagesFile, `has ${size} images but there are ${labels.dimensions[0]} labels`, mend);
  }
  const inputs = new Uint8Array(new SharedArrayBuffer(images.values.length));
  inputs.set(images.values);
  const shared = new Uint8Array(new SharedArrayBuffer(size));
  shared.set(labels.values);
  return { size, inputs, labels: shared };
}

/** Whether `folder` holds the training images of a data set in IDX format. */
export async function hasIdxFiles(folder: string): Promise<boolean> {
  const path = join(folder, idxFiles.trainInputs);
  return (await exists(path)) || (await exists(`${path}.gz`));
}

/**
 * Reads the four IDX files, plain or gzipped, of a folder.
 * @returns both splits and the [height, width, 1] of an image
 * @throws StalewartError DATA naming the first file that is missing or broken
 */
export async function readIdxFolder(
  folder: string,
): Promise<{ train: Split; test: Split; inputShape: readonly number[] }> {
  const read = async (name: string, rank: number) => {
    const { path, bytes } = await readPlainOrGzipped(join(folder, name));
    return { path, array: parseIdx(bytes, path, rank) };
  };
  const trainImages = await read(idxFiles.trainInputs, 3);
  const trainLabels = await read(idxFiles.trainLabels, 1);
  const testImages = await read(idxFiles.testInputs, 3);
  const testLabels = await read(idxFiles.testLabels, 1);
  const shape = trainImages.array.dimensions.slice(1);
  if (shape.join() !== testImages.array.dimensions.slice(1).join()) {
    throw dataError(testImages.path, `has images of another size than ${trainImages.path}`, mend);
  }
  return {
    train: idxSplit(trainImages.array, trainLabels.array, trainImages.path),
    test: idxSplit(testImages.array, testLabels.array, testImages.path),
    inputShape: [...shape, 1],
  };
}

async function readPlainOrGzipped(path: string): Promise<{ path: string; bytes: Uint8Array }> {
  const gzipped = `${path}.gz`;
  try {
    if (await exists(path)) {
      return { path, bytes: await readFile(path) };
    }
    if (await exists(gzipped)) {
      return { path: gzipped, bytes: await promisify(gunzip)(await readFile(gzipped)) };
    }
  } catch (error) {
    throw dataError(path, `cannot be read (${firstLineOf(error)})`, mend, error);
  }
  throw dataError(path, 'is missing, and so is its .gz', mend);
}
