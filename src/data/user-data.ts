/**
 * Data sets at a path: the user's module (a file that exports `createDataset`), or a folder that holds the official
 * files of a known data set, any four IDX files, or such a module as its index.
 */

import { stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asDataset } from './as-dataset.js';
import { exists } from './cache/partial-file.js';
import { dataError } from './data-error.js';
import { firstLineOf } from '../errors.js';
import { hasIdxFiles, readIdxFolder } from './formats/idx.js';
import { cifar10 } from './known/cifar10.js';
import { cifar100 } from './known/cifar100.js';
import { loadOfficial, type OpenedDataset } from './known/load-known.js';

const indexFiles = ['index.js', 'index.mjs'] as const;

/** Passed to the user's `createDataset`. */
export interface CreateDatasetOptions {
  /** The run's seed. */
  readonly seed: number;
}

/**
 * @param path of a module or folder, absolute or relative to the working directory
 * @throws StalewartError DATA if there is nothing, or nothing usable
 */
export async function loadPath(path: string, seed: number, signal?: AbortSignal): Promise<OpenedDataset> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found === undefined) {
    throw dataError(absolute, 'does not exist', 'Give the path of a module or folder');
  }
  return found.isDirectory() ? loadFolder(absolute, seed, signal) : loadModule(absolute, seed);
}

async function loadFolder(folder: string, seed: number, signal?: AbortSignal): Promise<OpenedDataset> {
  for (const known of [cifar10, cifar100]) {
    if (await known.official.present(folder)) {
      return loadOfficial(known, folder, signal);
    }
  }
  if (await hasIdxFiles(folder)) {
    return loadIdxFolder(folder);
  }
  for (const name of indexFiles) {
    if (await exists(join(folder, name))) {
      return loadModule(join(folder, name), seed);
    }
  }
  throw dataError(
    folder,
    'holds no data set',
    `It must hold data_batch_1.bin … test_batch.bin, train.bin and test.bin of CIFAR-100, four IDX files, or ${indexFiles.join(' or ')}`,
  );
}

/** Any data set in MNIST's format; its classes are those that its labels name. */
async function loadIdxFolder(folder: string): Promise<OpenedDataset> {
  const { inputShape, train, test } = await readIdxFolder(folder);
  const classes = Math.max(2, classesNamed(train.labels), classesNamed(test.labels));
  const dataset = asDataset({ inputShape, classes, train, test }, basename(folder));
  return { dataset, location: folder, source: 'IDX files' };
}

function classesNamed(labels: ArrayLike<number>): number {
  let highest = 0;
  for (let i = 0; i < labels.length; i++) {
    highest = Math.max(highest, labels[i] ?? 0);
  }
  return highest + 1;
}

async function loadModule(file: string, seed: number): Promise<OpenedDataset> {
  const module = await attempt(file, (): Promise<unknown> => import(pathToFileURL(file).href));
  const exported = typeof module === 'object' && module !== null ? module : {};
  const create = 'createDataset' in exported ? exported.createDataset : undefined;
  if (typeof create !== 'function') {
    throw dataError(file, 'exports no function createDataset', 'See docs/data.md, "Bring your own"');
  }
  const options: CreateDatasetOptions = { seed };
  const value = await attempt(file, async (): Promise<unknown> => create(options));
  return { dataset: asDataset(value, basename(file, extname(file))), location: file, source: 'user module' };
}

async function attempt<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw dataError(file, `failed (${firstLineOf(error)})`, 'Mend the module', error);
  }
}
