/**
 * Reads a run directory back. A run that was killed may leave a last line without its end: that line is passed over.
 * Anything else that does not parse is an error naming file and line.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { EngineStep } from '../../protocols/sync/events.js';
import { oneLineOf, StalewartError } from '../errors.js';
import {
  type EvaluationRow,
  evaluationsTable,
  headerLine,
  parseRow,
  type RoundRow,
  roundsTable,
  type Table,
} from './csv-tables.js';
import { parseExact } from './exact-json.js';
import { createJournalDecoder } from './journal-codec.js';
import { type RunPaths, runPaths } from './run-files.js';
import { type Summary, summarySchema } from './summary.js';

export interface StoredRun {
  readonly paths: RunPaths;
  /** `config.json`: the resolved configuration with `runId`, `mode`, `versions` and `used`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly rounds: readonly RoundRow[];
  readonly evaluations: readonly EvaluationRow[];
  /** Null while the run goes on, or if it was killed. */
  readonly summary: Summary | null;
  /** The engine's steps in order, read as they are asked for; may be called again.
   *  @throws StalewartError OUTPUT, while iterating, at a damaged line */
  journal(): AsyncIterable<EngineStep>;
}

const configSchema = z.record(z.string(), z.unknown());

function damaged(file: string, line: number | null, cause: unknown): StalewartError {
  const what = oneLineOf(cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)).slice(0, 200);
  const where = line === null ? file : `${file}, line ${line}`;
  return new StalewartError('OUTPUT', `${where} is damaged: ${what}`, { value: file, cause });
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw new StalewartError('OUTPUT', `${file} cannot be read (${String(cause)})`, { value: file, cause });
  }
}

async function readJson<T>(file: string, parse: (text: string) => T): Promise<T | null> {
  const text = await readText(file);
  if (text === null) return null;
  try {
    return parse(text);
  } catch (cause) {
    throw damaged(file, null, cause);
  }
}

async function readTable<Row>(file: string, table: Table<Row>): Promise<Row[]> {
  const text = (await readText(file)) ?? '';
  // What follows the last line feed is nothing, or a line that was cut off.
  const [header, ...lines] = text.split('\n').slice(0, -1);
  if (header === undefined) return [];
  if (header !== headerLine(table)) throw damaged(file, 1, `its columns are "${header}"`);
  return lines.map((line, index) => {
    try {
      return parseRow(table, line);
    } catch (cause) {
      throw damaged(file, index + 2, cause);
    }
  });
}

/** Complete lines of a file of any size. */
async function* readLines(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function* readJournal(file: string): AsyncGenerator<EngineStep> {
  const decode = createJournalDecoder();
  let number = 0;
  for await (const line of readLines(file)) {
    number += 1;
    let step: EngineStep | null;
    try {
      step = decode(line);
    } catch (cause) {
      throw damaged(file, number, cause);
    }
    if (step !== null) yield step;
  }
}

/** What a run was to do, and what it has reached: null as long as it has not ended. */
export interface RunOutcome {
  readonly config: Readonly<Record<string, unknown>>;
  readonly summary: Summary | null;
}

/** Null: the folder holds no run, or one that did not come to writing its configuration.
 *  @throws StalewartError OUTPUT if a file is damaged */
export async function readOutcome(directory: string): Promise<RunOutcome | null> {
  const paths = runPaths(directory);
  const config = await readJson(paths.config, (text) => configSchema.parse(parseExact(text)));
  if (config === null) return null;
  return { config, summary: await readJson(paths.summary, (text) => summarySchema.parse(JSON.parse(text))) };
}

/**
 * @param directory the folder of a run, finished or not
 * @throws StalewartError OUTPUT if it is none, or a file in it is damaged
 */
export async function readRun(directory: string): Promise<StoredRun> {
  const paths = runPaths(directory);
  const config = await readJson(paths.config, (text) => configSchema.parse(parseExact(text)));
  if (config === null) {
    const message = `"${directory}" is no run directory: it has no config.json`;
    throw new StalewartError('OUTPUT', message, { value: directory, allowed: 'a run directory' });
  }
  const [rounds, evaluations, summary] = await Promise.all([
    readTable(paths.rounds, roundsTable),
    readTable(paths.evaluations, evaluationsTable),
    readJson(paths.summary, (text) => summarySchema.parse(JSON.parse(text))),
  ]);
  return { paths, config, rounds, evaluations, summary, journal: () => readJournal(paths.journal) };
}
