/**
 * The folder of a comparison: who may work in it, and which of its runs are there already. A finished run is kept if every
 * setting that its outcome depends on is the one asked for; runs of another configuration are never mixed in.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { makeFolders } from '../files/make-folders.js';
import { lockFolder } from '../files/folder-lock.js';
import { oneLineOf, shownValue, StalewartError } from '../errors.js';
import { type ComparisonRecord, readComparison } from '../telemetry/comparison-file.js';
import { parseExact, stringifyExact } from '../telemetry/exact-json.js';
import { readOutcome } from '../telemetry/read-run.js';
import { runFileNames } from '../telemetry/run-files.js';
import type { Summary } from '../telemetry/summary.js';
import { decisiveSettings } from './comparison-record.js';

/** A run that is asked for. */
export interface PlannedRun {
  readonly name: string;
  readonly seed: number;
  /** Folder within that of the comparison. */
  readonly directory: string;
  readonly config: object;
  /** Policy settings that its policy reads. */
  readonly uses: readonly string[];
}

export interface ComparisonFolder {
  /** Of those asked for, by their folders. */
  readonly finished: ReadonlyMap<string, Summary>;
  /** Runs that it holds beside those asked for, by their folders. */
  readonly others: readonly string[];
  /** Lets others work in it. */
  release(): Promise<void>;
}

/**
 * @param record what is to be written into it, as far as it is known
 * @throws StalewartError OUTPUT if it cannot be used, somebody works in it, or its comparison is another
 */
export async function openComparisonFolder(
  directory: string,
  record: ComparisonRecord,
  runs: readonly PlannedRun[],
): Promise<ComparisonFolder> {
  const release = await claim(directory);
  try {
    const before = await readComparison(directory);
    if (before !== null) assertSame(directory, 'all runs', before.settings, record.settings);
    if (before !== null && before.stalewart !== record.stalewart) {
      throw otherComparison(directory, 'all runs', 'Stalewart', before.stalewart, record.stalewart);
    }
    const finished = new Map<string, Summary>();
    for (const run of runs) {
      const outcome = await outcomeIn(join(directory, run.directory));
      if (outcome === null) continue;
      const [was, is] = [outcome.config, run.config].map((config) => decisiveSettings(config, run.uses));
      assertSame(directory, run.name, was, is);
      if (outcome.summary?.status === 'finished') finished.set(run.directory, outcome.summary);
    }
    const asked = new Set(runs.map((run) => run.directory));
    const others = (before?.runs ?? []).flatMap((run) =>
      run.directory !== null && run.status === 'finished' && !asked.has(run.directory) ? [run.directory] : [],
    );
    return { finished, others, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function outcomeIn(folder: string): ReturnType<typeof readOutcome> {
  try {
    return await readOutcome(folder);
  } catch (cause) {
    if (!(cause instanceof StalewartError)) throw cause;
    const message = `${cause.message}; remove ${folder}, and that run is made again`;
    throw new StalewartError(cause.code, message, { field: 'out', value: folder, cause });
  }
}

async function claim(directory: string): Promise<() => Promise<void>> {
  try {
    await makeFolders(directory);
    const names: readonly string[] = Object.values(runFileNames);
    const found = (await readdir(directory)).find((name) => names.includes(name));
    if (found !== undefined) {
      const message = `out is "${directory}": it holds a run (${found}), and a comparison needs a folder without one`;
      throw new StalewartError('OUTPUT', message, { field: 'out', value: directory });
    }
    return await lockFolder(directory, 'comparison.lock');
  } catch (cause) {
    if (cause instanceof StalewartError) throw cause;
    const message = `out is "${directory}": it cannot be written (${oneLineOf(cause)}); choose a folder that you may write to`;
    throw new StalewartError('OUTPUT', message, { field: 'out', value: directory, cause });
  }
}

function assertSame(directory: string, what: string, was: object = {}, is: object = {}): void {
  const [before, now] = [asRead(was), asRead(is)];
  for (const name of new Set([...before.keys(), ...now.keys()])) {
    if (isDeepStrictEqual(before.get(name), now.get(name))) continue;
    throw otherComparison(directory, what, name, before.get(name), now.get(name));
  }
}

/** As it is after it was written and read. */
function asRead(settings: object): ReadonlyMap<string, unknown> {
  const read = parseExact(stringifyExact(settings));
  return new Map(Object.entries(typeof read === 'object' && read !== null ? read : {}));
}

function otherComparison(
  directory: string,
  what: string,
  setting: string,
  was: unknown,
  is: unknown,
): StalewartError {
  const [before, now] = [was, is].map((value) => (value === undefined ? 'not set' : shownValue(value)));
  const message =
    `out is "${directory}": it holds a comparison in which ${setting} of ${what} was ${before}, and now it is ${now}; ` +
    'choose another folder, or set it back';
  return new StalewartError('OUTPUT', message, { field: 'out', value: directory });
}
