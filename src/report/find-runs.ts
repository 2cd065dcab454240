/**
 * From the paths that a user gives to the folders of runs. A path is the folder of a run (it has a `config.json`) or the
 * folder of a comparison: its runs are those that its `comparison.json` lists, and, where that file is not there yet, the
 * folders in it that hold a run. What is listed but not there is told, not an error: a comparison may still go on.
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { oneLineOf, StalewartError } from '../errors.js';
import { isFolder } from '../files/is-folder.js';
import { runFileNames } from '../telemetry/run-files.js';

/** The file that makes a folder a comparison. */
export const comparisonFileName = 'comparison.json';

export interface FoundRun {
  /** How the report calls it: the folder's name, below that of its comparison. */
  readonly name: string;
  readonly directory: string;
}

export interface FoundRuns {
  /** In the order given and listed; each folder once. */
  readonly runs: readonly FoundRun[];
  /** What was passed over, a line each. */
  readonly notes: readonly string[];
}

const entrySchema = z.union([
  z.string(),
  z.object({ directory: z.string() }).transform(({ directory }) => directory),
]);
const comparisonSchema = z.object({ runs: z.array(entrySchema) });

/** How deep below a comparison runs are looked for: `abs-1/`, or `abs/seed-1/`. */
const deepest = 2;

/**
 * @throws StalewartError DATA if a path is not there; OUTPUT if it holds no run, or its `comparison.json` is damaged
 */
export async function findRuns(paths: readonly string[]): Promise<FoundRuns> {
  const found = new Map<string, FoundRun>();
  const notes: string[] = [];
  for (const path of paths) {
    const here = await runsAt(path, notes);
    for (const run of here) {
      const key = await realpath(run.directory);
      if (!found.has(key)) found.set(key, run);
    }
  }
  return { runs: [...found.values()], notes };
}

async function runsAt(path: string, notes: string[]): Promise<readonly FoundRun[]> {
  const name = basename(resolve(path));
  if (!(await exists(path))) {
    throw new StalewartError('DATA', `"${path}" is not there: give the folder of a run or of a comparison`, {
      value: path,
      allowed: 'the folder of a run or of a comparison',
    });
  }
  if (await holdsRun(path)) return [{ name, directory: path }];
  const listed = await readComparison(path, notes);
  const folders = listed ?? (isFolder(path) ? await foldersBelow(path, deepest) : []);
  if (folders.length === 0) {
    const message =
      listed === null
        ? `"${path}" is no run directory and holds none: it has no ${runFileNames.config}`
        : `"${path}" is a comparison without a run so far`;
    throw new StalewartError('OUTPUT', message, {
      value: path,
      allowed: 'the folder of a run or of a comparison',
    });
  }
  return folders.map((folder) => ({ name: join(name, folder), directory: join(path, folder) }));
}

/** The folders that `comparison.json` lists and that hold a run; null if there is no such file. */
async function readComparison(path: string, notes: string[]): Promise<string[] | null> {
  const file = join(path, comparisonFileName);
  if (!(await exists(file))) return null;
  let listed: readonly string[];
  try {
    listed = comparisonSchema.parse(JSON.parse(await readFile(file, 'utf8'))).runs;
  } catch (cause) {
    const why = oneLineOf(cause instanceof z.ZodError ? z.prettifyError(cause) : cause).slice(0, 200);
    throw new StalewartError('OUTPUT', `${file} is damaged: ${why}`, { value: file, cause });
  }
  const folders: string[] = [];
  for (const entry of listed) {
    const folder = relative(path, isAbsolute(entry) ? entry : join(path, entry));
    if (folder.startsWith('..') || !(await holdsRun(join(path, folder)))) {
      notes.push(`${file} lists "${entry}", which is no run in this folder: left out`);
    } else {
      folders.push(folder);
    }
  }
  return folders;
}

async function foldersBelow(path: string, depth: number): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort(inNaturalOrder);
  const found: string[] = [];
  for (const name of names) {
    const folder = join(path, name);
    if (await holdsRun(folder)) found.push(name);
    else if (depth > 1)
      found.push(...(await foldersBelow(folder, depth - 1)).map((below) => join(name, below)));
  }
  return found;
}

/** `seed-2` before `seed-10`, on every machine alike. */
const inNaturalOrder = new Intl.Collator('en', { numeric: true }).compare;

const holdsRun = (path: string): Promise<boolean> => exists(join(path, runFileNames.config));

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
