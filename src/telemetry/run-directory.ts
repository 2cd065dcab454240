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
import { lockFolder } from '../files/folder-lock.js';
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
  /**
   * The run goes on in its folder, whose files have been cut to these lengths, in bytes; whoever cut them has locked the folder.
   * Default: the folder must be without a run.
   */
  readonly goesOnFrom?: FileLengths | null;
}

/** Bytes of the files that tell what happened. */
export type FileLengths = Readonly<Record<RecordedFile, number>>;

/** What a step adds to the files: lines without their line feeds. */
export interface StepLines {
  readonly journal: string;
  /** Null: it closes no round. */
  readonly rounds: string | null;
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
  /** The lines of a step, which must be the next in `write`. @param round that it closes; null: none */
  linesOf(step: EngineStep, round: RoundRecord | null): StepLines;
  /** Adds them to `journal.jsonl` and `rounds.csv`. Resolves as `journal.append` does. */
  write(lines: StepLines): Promise<void>;
  /** Of the files with all that was added so far, whether it is on the disk or not. */
  lengths(): FileLengths;
  /** Resolves when all that was added so far is on the disk, or never will be. */
  sync(): Promise<void>;
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

const recorded = ['journal', 'rounds', 'evaluations'] as const;
type RecordedFile = (typeof recorded)[number];
const streamed = [...recorded, 'log'] as const;
type StreamedFile = (typeof streamed)[number];

/** The file that says who works in the folder. */
export const lockName = 'run.lock';

// wx: fails if the file is there already.
const createFileOnDisk = (path: string): Promise<Writable> => openOnDisk(path, 'wx');
const goOnOnDisk = (path: string): Promise<Writable> => openOnDisk(path, 'a');

async function openOnDisk(path: string, flags: string): Promise<Writable> {
  const handle = await open(path, flags);
  return handle.createWriteStream({ encoding: 'utf8', flush: true });
}

/** What was written to the file outlives a loss of power. */
async function syncFile(path: string): Promise<void> {
  // One that is gone, or full, has been told of by its writer.
  const handle = await open(path, 'r+').catch(() => null);
  try {
    await handle?.datasync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
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

const noLengths: FileLengths = { journal: 0, rounds: 0, evaluations: 0 };

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
  const { runId, goesOnFrom = null } = options;
  const { createFile = goesOnFrom === null ? createFileOnDisk : goOnOnDisk } = options;
  const directory = path ?? join('runs', runId);
  const paths = runPaths(directory);
  const errors$ = new ReplaySubject<StalewartError>(streamed.length);
  const writers = new Map<StreamedFile, LineWriter>();
  const created: string[] = [];
  const lengths: Record<RecordedFile, number> = { ...(goesOnFrom ?? noLengths) };
  let topmost: string | undefined;
  let journalled = goesOnFrom !== null;
  let unlock = (): Promise<void> => Promise.resolve();

  const closeFiles = async (): Promise<void> => {
    await Promise.all([...writers.values()].map((writer) => writer.close()));
    await unlock();
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
    if (goesOnFrom === null) {
      topmost = await claim(directory);
      unlock = await lockFolder(directory, lockName);
    }
    // In order: whoever creates the journal owns the folder.
    for (const file of streamed) await openFile(file);
  } catch (cause) {
    await closeFiles();
    await removeFiles();
    throw cause instanceof StalewartError ? cause : notWritable(directory, cause);
  }

  const append = (file: StreamedFile, line: string): Promise<void> => {
    if (file !== 'log') lengths[file] += Buffer.byteLength(line) + 1;
    return writers.get(file)?.write(line) ?? Promise.resolve();
  };
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
  if (lengths.rounds === 0) await append('rounds', headerLine(roundsTable));
  if (lengths.evaluations === 0) await append('evaluations', headerLine(evaluationsTable));

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
    linesOf(step, round) {
      journalled = true;
      return { journal: encode(step), rounds: round === null ? null : rowLine(roundsTable, round) };
    },
    write({ journal, rounds }) {
      if (rounds !== null) void append('rounds', rounds);
      return append('journal', journal);
    },
    lengths: () => ({ ...lengths }),
    async sync() {
      await Promise.all(
        recorded.map(async (file) => {
          await writers.get(file)?.flush();
          await syncFile(paths[file]);
        }),
      );
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
