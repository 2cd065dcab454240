/**
 * The folder of a run that has ended, made into that of one that was killed: its newest checkpoints are taken away, its summary too,
 * and its files end at a random byte after the checkpoint that is left, as a kill leaves them.
 */
import { readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectoryStore } from '../../../src/checkpoint/directory-store.js';
import { newestIntact } from '../../../src/checkpoint/newest-intact.js';
import type { Random } from '../../../src/random/seeded-random.js';
import { runPaths } from '../../../src/telemetry/run-files.js';

/** @returns the version of the checkpoint that is left */
export async function killAfterwards(directory: string, takeAway: number, random: Random): Promise<number> {
  const paths = runPaths(directory);
  const store = createDirectoryStore(paths.checkpoints);
  const stored = await store.list();
  for (const { name } of stored.slice(0, takeAway)) await rm(join(paths.checkpoints, name));
  await rm(paths.summary, { force: true });
  await rm(paths.model, { recursive: true, force: true });
  const { found } = await newestIntact(store);
  const files = found?.checkpoint.state.records.files;
  if (found === null || files == null) throw new Error(`no checkpoint is left in ${directory}`);
  for (const file of ['journal', 'rounds', 'evaluations'] as const) {
    const { size } = await stat(paths[file]);
    const least = files[file].bytes;
    await truncate(paths[file], least + Math.floor(random() * (size - least + 1)));
  }
  return found.stored.version;
}

/** What a run is compared by. */
export async function recordOf(directory: string) {
  const paths = runPaths(directory);
  const [rounds, evaluations, journal, summary] = await Promise.all([
    readFile(paths.rounds, 'utf8'),
    readFile(paths.evaluations, 'utf8'),
    readFile(paths.journal, 'utf8'),
    readFile(paths.summary, 'utf8'),
  ]);
  return { rounds, evaluations, journal, summary, files: await readdir(directory) };
}
