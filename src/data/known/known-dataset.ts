/**
 * What Stalewart knows of a public data set: what it looks like, how its official files are read, which package holds
 * it, and the facts that any copy must agree with. Adding one is a file like cifar10.ts and a line in the registry.
 */

import type { Dataset, Split } from '../dataset.js';
import type { DatasetFacts } from '../dataset-facts.js';
import type { PinnedPackage } from '../fetch/fetch-tarball.js';

export interface Splits {
  readonly train: Split;
  readonly test: Split;
}

export interface KnownDataset {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly classNames: readonly string[];
  /** Of inputs divided by 255. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  readonly official: OfficialFiles;
  /** Undefined where no package holds the whole data set. */
  readonly package?: PackageSource;
}

/** The files as their authors publish them. */
export interface OfficialFiles {
  /** The folder inside the data folder in which they are looked for. */
  readonly folder: string;
  /** For a human: which files, and where they come from. */
  readonly description: string;
  readonly facts: DatasetFacts;
  /** Whether `folder` holds at least one of them, so that the rest is expected too. */
  readonly present: (folder: string) => Promise<boolean>;
  /** @throws StalewartError DATA naming a missing or broken file */
  readonly read: (folder: string, signal?: AbortSignal) => Promise<Splits>;
}

export interface PackageSource extends PinnedPackage {
  /** The files needed, as paths inside the package. */
  readonly files: readonly string[];
  /** Bytes of those files, for progress. */
  readonly fileBytes: number;
  readonly facts: DatasetFacts;
  /** A decoder for one reading of the package. */
  readonly decoder: () => PackageDecoder;
}

export interface PackageDecoder {
  /** @throws StalewartError DATA naming a broken file */
  add(name: string, bytes: Uint8Array): void;
  /** Called once, after every file was added. */
  finish(): Splits;
}

/** The splits with everything that is known about them. */
export function assemble(known: KnownDataset, splits: Splits): Dataset {
  return {
    name: known.name,
    inputShape: known.inputShape,
    classes: known.classNames.length,
    classNames: known.classNames,
    train: splits.train,
    test: splits.test,
    normalisation: { inputScale: 255, mean: known.mean, deviation: known.deviation },
  };
}
