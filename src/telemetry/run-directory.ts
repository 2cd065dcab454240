/**
 * Writes the record of one run: configuration, journal, rounds, evaluations, log and summary. The folder is claimed
 * before training starts, so that a folder that cannot be used is known early; two runs never write into one folder,
 * because the journal is created exclusively. A disk that fails later is reported on `errors$` and ends only the files.
 * `docs/run-directory.md` describes every file.
 */
import { open, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { type Observable, ReplaySubject } from 'rxjs';
import writeFileAtomic from 'write-file-atomic';
import type { EngineStep } from '../../protocols/sync/events.js';
import { makeFolders } from '../files/make-folders.js';
import { oneLineOf, StalewartError } from '../errors.js';
import { evaluationsTable, headerLine, roundsTable, rowLine } from './csv-tables.js';
import { stringifyExact } from './exact-json.js';
import { createJournalEncoder, journalHeader } from './journal-codec.js';
import { createLineWriter, type LineWriter } from './line-writer.js';
import type { EvaluationRecord, RoundRecord } from './run-events.js';
import { type RunPaths, runFileNames, runPaths } from './run-files.js';
import type { Summary } from './summary.js';
import { readVersions } from './versions.js';

export interface RunDirectoryOptions {
  readonly runId: string;
  /** Makes a new file and opens it for appending. Default: on disk, synchronised to it when closed. */
  readonly createFile?: (path: string) => Promise<Writable>;
}

/**
 * Promises of the appending methods resolve when the next line may follow; whoever awaits them goes no faster than the
 * disk. They never reject: see `errors$`.
 */
export interface RunDirectory {
  readonly runId: string;
  readonly paths: RunPaths;
  /** Where the trained model belongs; made by whoever saves it. */
  readonly modelDirectory: string;
  /** Files that failed after the start (disk full, removed, …), each at most once; replayed to late subscribers. */
  readonly errors$: Observable<StalewartError>;
  readonly journal: { append(step: EngineStep): Promise<void> };
  /** Writes `config.json`: the fields of `config`, and `runId` and `versions`.
   *  @throws StalewartError WRITE */
  writeConfig(config: object): Promise<void>;
  /** Adds a row to `rounds.csv`. */
  rounds(record: RoundRecord): Promise<void>;
  /** Adds a row to `evaluations.csv`. */
  evaluation(record: EvaluationRecord): Promise<void>;
  /** Adds a line of JSON to `log.jsonl`. */
  log(line: string): Promise<void>;
  /** Writes `summary.json`, whole or not at all.
   *  @throws StalewartError WRITE */
  writeSummary(summary: Summary): Promise<void>;
  /** Writes what waits, synchronises the files to disk and closes them. Calling it again does nothing more. */
  close(): Promise<void>;
  /** For a run that failed before its first event: removes what this object made, so that the same command can be
   *  given again. Only closes once a step has been journalled. */
  abandon(): Promise<void>;
}

const streamed = ['journal', 'rounds', 'evaluations', 'log'] as const;
type StreamedFile = (typeof streamed)[number];

async function createFileOnDisk(path: string): Promise<Writable> {
  // wx: fails if the file is there already.
  const handle = await open(path, 'wx');
  return handle.createWriteStream({ encoding: 'utf8', flush: true });
}

const codeOf = (cause: unknown): unknown =>
  cause instanceof Error && 'code' in cause ? cause.code : undefined;

const holdsRun = (directory: string, file: string): StalewartError =>
  new StalewartError(
    'OUTPUT',
    `out is "${directory}": it already holds a run (${file}); choose another folder or remove this one`,
    { field: 'out', value: directory, allowed: 'a folder without a run' },
  );

const notWritable = (directory: string, cause: unknown): StalewartError =>
  new StalewartError(
    'OUTPUT',
    `out is "${directory}": it cannot be written (${oneLineOf(cause)}); choose a folder that you may write to`,
    { field: 'out', value: directory, allowed: 'a writable folder', cause },
  );

const writeFailed = (path: string, cause: unknown): StalewartError =>
  new StalewartError(
    'WRITE',
    `${path} can no longer be written (${oneLineOf(cause)}); free the disk or choose another folder with out`,
    { field: 'out', value: path, cause },
  );

/** Makes the folder and sees that no run is in it; answers with the topmost folder that had to be made. */
async function claim(directory: string): Promise<string | undefined> {
  const topmost = await makeFolders(directory);
  const names: readonly string[] = Object.values(runFileNames);
  const found = (await readdir(directory)).find((name) => names.includes(name));
  if (found !== undefined) throw holdsRun(directory, found);
  return topmost;
}

/** Removes `directory` and those above it, up to `topmost`, as far as they are empty. */
async function removeEmptyFolders(directory: string, topmost: string): Promise<void> {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
    if (folder === topmost) return;
  }
}

/**
 * Claims the folder of a run and opens its files.
 * @param path the folder (`out`), made if it is not there; undefined: `runs/<runId>` in the working folder
 * @throws StalewartError OUTPUT if it cannot be written or holds a run already
 */
export async function createRunDirectory(
  path: string | undefined,
  options: RunDirectoryOptions,
): Promise<RunDirectory> {
  const { runId, createFile = createFileOnDisk } = options;
  const directory = path ?? join('runs', runId);
  const paths = runPaths(directory);
  const errors$ = new ReplaySubject<StalewartError>(streamed.length);
  const writers = new Map<StreamedFile, LineWriter>();
  const created: string[] = [];
  let topmost: string | undefined;
  let journalled = false;

  const closeFiles = async (): Promise<void> => {
    await Promise.all([...writers.values()].map((writer) => writer.close()));
    errors$.complete();
  };

  const removeFiles = async (): Promise<void> => {
    await Promise.all(created.map((file) => rm(file, { force: true })));
    if (topmost !== undefined) await removeEmptyFolders(directory, topmost);
  };

  const openFile = async (file: StreamedFile): Promise<void> => {
    const stream = await createFile(paths[file]).catch((cause: unknown) => {
      // Another run was quicker between the look and the claim.
      throw codeOf(cause) === 'EEXIST' ? holdsRun(directory, runFileNames[file]) : cause;
    });
    created.push(paths[file]);
    const onError = (cause: Error): void => errors$.next(writeFailed(paths[file], cause));
    writers.set(file, createLineWriter(stream, { onError }));
  };

  try {
    topmost = await claim(directory);
    // In order: whoever creates the journal owns the folder.
    for (const file of streamed) await openFile(file);
  } catch (cause) {
    await closeFiles();
    await removeFiles();
    throw cause instanceof StalewartError ? cause : notWritable(directory, cause);
  }

  const append = (file: StreamedFile, line: string): Promise<void> =>
    writers.get(file)?.write(line) ?? Promise.resolve();
  const writeWhole = async (file: string, text: string): Promise<void> => {
    try {
      await writeFileAtomic(file, `${text}\n`);
      created.push(file);
    } catch (cause) {
      throw writeFailed(file, cause);
    }
  };

  const encode = createJournalEncoder();
  await append('journal', journalHeader(runId));
  await append('rounds', headerLine(roundsTable));
  await append('evaluations', headerLine(evaluationsTable));

  return {
    runId,
    paths,
    modelDirectory: paths.model,
    errors$: errors$.asObservable(),
    journal: {
      append(step) {
        journalled = true;
        return append('journal', encode(step));
      },
    },
    rounds: (record) => append('rounds', rowLine(roundsTable, record)),
    evaluation: (record) => append('evaluations', rowLine(evaluationsTable, record)),
    log: (line) => append('log', line),
    writeConfig: (config) =>
      writeWhole(paths.config, stringifyExact({ runId, ...config, versions: readVersions() }, 2)),
    writeSummary: (summary) => writeWhole(paths.summary, JSON.stringify(summary, null, 2)),
    close: closeFiles,
    async abandon() {
      await closeFiles();
      if (!journalled) await removeFiles();
    },
  };
}

/** Removes the files of a run, and nothing else, so that it can be made again in the same folder. */
export async function removeRun(directory: string): Promise<void> {
  const names: readonly string[] = Object.values(runFileNames);
  await Promise.all(names.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}
