/**
 * `comparison.json`: what each entry of a comparison reached, over its seeds, and which runs there are. Written whole after
 * every run, so it holds what is known so far; `docs/comparing.md` describes it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { oneLineOf, StalewartError } from '../errors.js';
import { parseExact, stringifyExact } from './exact-json.js';

export const comparisonFileName = 'comparison.json';

const value = z.number().nullable();
const spread = z.object({ mean: value, sd: value, min: value, max: value, values: z.array(value) });
const toAccuracy = z.record(
  z.string(),
  z.object({ mean: value, sd: value, reached: z.int().min(0), values: z.array(value) }),
);

const entrySchema = z.object({
  /** Unlike that of all others. */
  name: z.string(),
  policy: z.string(),
  /** Those that an entry may have for itself and its runs read, with defaults. */
  settings: z.record(z.string(), z.unknown()),
  /** Of its runs that have ended, in the order of the figures' values; one that failed has none of these. */
  seeds: z.array(z.number()),
  finalAccuracy: spread,
  bestAccuracy: spread,
  finalLoss: spread,
  rounds: spread,
  time: spread,
  uploads: spread,
  downloads: spread,
  restarts: spread,
  discarded: spread,
  /** The paper's count: workers that uploaded or were restarted, summed over rounds. */
  communicationRounds: spread,
  /** Workers that uploaded, summed over rounds. */
  communicationRoundsWithoutRestarts: spread,
  /** By accuracy steps `"0.30"`, `"0.35"`, …; mean and sd are null unless every run has reached it. */
  timeToAccuracy: toAccuracy,
  communicationToAccuracy: toAccuracy,
  communicationToAccuracyWithoutRestarts: toAccuracy,
});

const runSchema = z.object({
  name: z.string(),
  policy: z.string(),
  seed: z.number(),
  /** Its folder within that of the comparison; null: nothing is written. */
  directory: z.string().nullable(),
  /** `pending`: not begun, or begun and not at its end. */
  status: z.enum(['pending', 'finished', 'stopped', 'failed']),
  /** Why it failed; null unless it did. */
  failure: z.string().nullable(),
});

export const comparisonSchema = z.object({
  /** `finished`: every run is; `failed`: all have ended, some failed; `unfinished`: the same command goes on. */
  status: z.enum(['finished', 'failed', 'unfinished']),
  /** What all runs have in common, with defaults. */
  settings: z.record(z.string(), z.unknown()),
  seeds: z.array(z.number()),
  entries: z.array(entrySchema),
  runs: z.array(runSchema),
  /** Of Stalewart that made it. */
  stalewart: z.string().nullable(),
});

export type ComparisonRecord = z.infer<typeof comparisonSchema>;
export type ComparisonEntryRecord = z.infer<typeof entrySchema>;
export type ComparisonRunRecord = z.infer<typeof runSchema>;

/** The text of the file. */
export function comparisonText(record: ComparisonRecord): string {
  return `${stringifyExact(record, 2)}\n`;
}

/** Whole or not at all. @throws StalewartError WRITE */
export async function writeComparison(directory: string, record: ComparisonRecord): Promise<void> {
  const file = join(directory, comparisonFileName);
  try {
    await writeFileAtomic(file, comparisonText(record));
  } catch (cause) {
    const message = `${file} cannot be written (${oneLineOf(cause)}); free the disk, and give the same command again`;
    throw new StalewartError('WRITE', message, { field: 'out', value: file, cause });
  }
}

/** @returns null if there is none @throws StalewartError OUTPUT if it cannot be read */
export async function readComparison(directory: string): Promise<ComparisonRecord | null> {
  const file = join(directory, comparisonFileName);
  try {
    return comparisonSchema.parse(parseExact(await readFile(file, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    const what = oneLineOf(cause instanceof z.ZodError ? z.prettifyError(cause) : cause).slice(0, 200);
    const message = `${file} cannot be read (${what}); remove it, and it is written anew from the runs beside it`;
    throw new StalewartError('OUTPUT', message, { field: 'out', value: file, cause });
  }
}
