/** Which data sets lie in the cache, by their files alone: `stalewart data NAME` verifies what is in them. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from '../../data/cache/data-folder.js';
import type { KnownDataset } from '../../data/known/known-dataset.js';
import { type Check, fails, works } from './check.js';

/** @param dataDir what the user said; default: `STALEWART_DATA`, else the user's cache folder */
export async function checkDatasets(dataDir: string | undefined): Promise<readonly Check[]> {
  const { knownDatasets } = await import('../../data/known/registry.js');
  const folder = dataFolder(dataDir);
  return Promise.all(knownDatasets.map((known) => checkDataset(known, folder)));
}

async function checkDataset(known: KnownDataset, folder: string): Promise<Check> {
  const name = `data ${known.name}`;
  const official = join(folder, known.official.folder);
  if (await exists(official)) return works(name, `official files in ${official}`);
  const cached = join(folder, `${known.name}.swdata`);
  if (known.package !== undefined && (await exists(cached))) return works(name, cached);
  return known.package === undefined
    ? fails(name, `not in ${official}`, `put ${known.official.description} there`)
    : fails(
        name,
        `not in ${folder}`,
        `stalewart data ${known.name} fetches it; a run that needs it does so, too`,
      );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
