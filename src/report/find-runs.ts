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
  /** What its comparison calls its series; null: nothing. */
  readonly series: string | null;
  /** How the report calls it: the folder's name, below that of its comparison. */
  readonly name: string;
  readonly directory: string;
}

export interface FoundRuns {
  /** Whether the only path given is the folder of a run. */
  readonly oneRun: boolean;
  /** In the order given and listed; each folder once. */
  readonly runs: readonly FoundRun[];
  /** What was passed over, a line each. */
  readonly notes: readonly string[];
}

/** Of an entry of `comparison.json`; `directory` is null where nothing was written. */
const listedSchema = z.object({ directory: z.string().nullable(), name: z.string().optional() });
const comparisonSchema = z.object({ runs: z.array(listedSchema) });

/** How deep below a comparison runs are looked for: `abs-1/`, or `abs/seed-1/`. */
const deepest = 2;

/**
 * @throws StalewartError DATA if a path is not there; OUTPUT if it holds no run
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
  const [first] = found.values();
  const oneRun = paths.length === 1 && first?.directory === paths[0];
  return { oneRun, runs: [...found.values()], notes };
}

async function runsAt(path: string, notes: string[]): Promise<readonly FoundRun[]> {
  const name = basename(resolve(path));
  if (!(await exists(path))) {
    throw new StalewartError('DATA', `"${path}" is not there: give the folder of a run or of a comparison`, {
      value: path,
      allowed: 'the folder of a run or of a comparison',
    });
  }
  if (await holdsRun(path)) return [{ name, directory: path, series: null }];
  const found =
    (await readComparison(path, notes)) ?? (isFolder(path) ? await foldersBelow(path, deepest) : []);
  if (found.length === 0) {
    throw new StalewartError(
      'OUTPUT',
      `"${path}" is no run directory and holds none: it has no ${runFileNames.config}`,
      { value: path, allowed: 'the folder of a run or of a comparison' },
    );
  }
  return found.map(({ folder, series }) => ({
    name: join(name, folder),
    directory: join(path, folder),
    series,
  }));
}

interface Below {
  readonly folder: string;
  readonly series: string | null;
}

/** The folders that `comparison.json` lists and that hold a run; null if there is no such list. */
async function readComparison(path: string, notes: string[]): Promise<Below[] | null> {
  const file = join(path, comparisonFileName);
  if (!(await exists(file))) return null;
  const runs = await runsListedIn(file);
  if ('problem' in runs) {
    notes.push(
      `${comparisonFileName} of ${basename(resolve(path))} ${runs.problem}: taken are the folders beside it; ` +
        'remove it and give the command of the comparison again, and it is written anew',
    );
    return null;
  }
  const below: Below[] = [];
  for (const { directory, name } of runs) {
    const folder = relative(path, resolve(path, directory ?? ''));
    const outside = folder === '' || folder.startsWith('..') || isAbsolute(folder);
    if (!outside && (await holdsRun(join(path, folder)))) below.push({ folder, series: name ?? null });
  }
  const absent = runs.length - below.length;
  if (absent > 0)
    notes.push(`${basename(resolve(path))}: ${absent} of its ${runs.length} runs are not there (yet)`);
  return below;
}

type Listed = z.infer<typeof listedSchema>;

async function runsListedIn(file: string): Promise<readonly Listed[] | { readonly problem: string }> {
  const text = await readFile(file, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    return { problem: text.trim() === '' ? 'is empty' : `is cut off or no JSON (${oneLineOf(cause)})` };
  }
  const parsed = comparisonSchema.safeParse(content);
  return parsed.success ? parsed.data.runs : { problem: 'lists no runs' };
}

async function foldersBelow(path: string, depth: number): Promise<Below[]> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort(inNaturalOrder);
  const found: Below[] = [];
  for (const name of names) {
    const folder = join(path, name);
    if (await holdsRun(folder)) found.push({ folder: name, series: null });
    else if (depth > 1) {
      const below = await foldersBelow(folder, depth - 1);
      found.push(...below.map((run) => ({ ...run, folder: join(name, run.folder) })));
    }
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
