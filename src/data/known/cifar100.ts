/**
 * CIFAR-100 (Krizhevsky 2009): 50,000 training and 10,000 test images of 32×32 colour pixels in 100 classes (the fine
 * labels). Only from the official binary files: no npm package holds it.
 */

import { join } from 'node:path';
import { exists } from '../cache/partial-file.js';
import type { DatasetFacts } from '../dataset-facts.js';
import { readCifarBinary } from '../formats/cifar-binary.js';
import type { KnownDataset, OfficialFiles } from './known-dataset.js';

const mean = [0.5071, 0.4865, 0.4409];

/** The two binary files with so many examples (50,000 and 10,000 in the real ones). */
export function cifar100Files(trainSize: number, testSize: number, expected: DatasetFacts): OfficialFiles {
  const read = (path: string, examplesPerFile: number, signal?: AbortSignal) =>
    readCifarBinary([path], { labelBytes: 2, examplesPerFile }, signal);
  return {
    folder: 'cifar-100-binary',
    description: 'train.bin and test.bin of https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
    facts: expected,
    present: (folder) => exists(join(folder, 'train.bin')),
    read: async (folder, signal) => ({
      train: await read(join(folder, 'train.bin'), trainSize, signal),
      test: await read(join(folder, 'test.bin'), testSize, signal),
    }),
  };
}

const classNames = [
  'apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle',
  'bowl boy bridge bus butterfly camel can castle caterpillar cattle',
  'chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur',
  'dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard',
  'lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain',
  'mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree',
  'plain plate poppy porcupine possum rabbit raccoon ray road rocket',
  'rose sea seal shark shrew skunk skyscraper snail snake spider',
  'squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor',
  'train trout tulip turtle wardrobe whale willow_tree wolf woman worm',
].flatMap((row) => row.split(' '));

export const cifar100: KnownDataset = {
  name: 'cifar100',
  inputShape: [32, 32, 3],
  classNames,
  mean,
  deviation: [0.2673, 0.2564, 0.2762],
  official: cifar100Files(50_000, 10_000, {
    trainPerClass: Array.from({ length: 100 }, () => 500),
    testPerClass: Array.from({ length: 100 }, () => 100),
    firstTrainLabels: [],
    firstTestLabels: [],
    mean,
  }),
};
