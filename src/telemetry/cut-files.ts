/**
 * Makes the files of a run end where its checkpoint does, so that they hold one history: what the run did after the checkpoint,
 * and does again now, is cut off. Lines that belong to the checkpoint and were not in the files yet are added.
 *
 * A file that is shorter than it should be (its disk was full, or lost power) keeps its whole lines, and whoever goes on is told of
 * the gap: a run is not given up for the sake of its record.
 */
import { open, readFile, stat, truncate } from 'node:fs/promises';
import type { FilePosition, FilePositions } from '../checkpoint/records-schema.js';
import { oneLineOf, StalewartError } from '../errors.js';
import { type EvaluationRow, evaluationsTable, parseRow } from './csv-tables.js';
import type { FileLengths } from './run-directory.js';
import type { RunPaths } from './run-files.js';

export interface CutFiles {
  readonly lengths: FileLengths;
  /** Rows of `evaluations.csv` that were kept although they came after the checkpoint. */
  readonly laterEvaluations: readonly EvaluationRow[];
  /** A line for each file with a gap. */
  readonly gaps: readonly string[];
}

/**
 * @param keeps whether an evaluation that was written after the checkpoint belongs to its history all the same
 * @throws StalewartError OUTPUT if a file cannot be read or written
 */
export async function cutFiles(
  paths: RunPaths,
  positions: FilePositions,
  keeps: (row: EvaluationRow) => boolean,
): Promise<CutFiles> {
  const gaps: string[] = [];
  const cut = async (path: string, position: FilePosition): Promise<number> => {
    try {
      const { length, missing } = await cutFile(path, position);
      if (missing > 0)
        gaps.push(`${path} lacks ${missing} bytes before the checkpoint: its record has a gap there`);
      return length;
    } catch (cause) {
      throw new StalewartError('OUTPUT', `${path} cannot be gone on with (${oneLineOf(cause)})`, {
        value: path,
        cause,
      });
    }
  };
  const later = await linesAfter(paths.evaluations, positions.evaluations.bytes);
  const kept = later.filter((line) => {
    const row = rowOf(line);
    return row !== null && keeps(row);
  });
  const lengths = {
    journal: await cut(paths.journal, positions.journal),
    rounds: await cut(paths.rounds, positions.rounds),
    evaluations: await cut(paths.evaluations, { ...positions.evaluations, next: kept }),
  };
  await endLine(paths.log);
  return { lengths, laterEvaluations: kept.flatMap((line) => rowOf(line) ?? []), gaps };
}

async function cutFile(
  path: string,
  { bytes, next }: FilePosition,
): Promise<{ readonly length: number; readonly missing: number }> {
  const size = await sizeOf(path);
  // Only a file that is too short is read: a journal may be larger than the memory.
  const whole =
    size >= bytes ? bytes : (await readFile(path).catch(ifMissing(nothing))).lastIndexOf('\n') + 1;
  const added = Buffer.from(next.map((line) => `${line}\n`).join(''));
  if (size > whole) await truncate(path, whole);
  const handle = await open(path, 'a');
  try {
    await handle.writeFile(added);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return { length: whole + added.length, missing: bytes - whole };
}

/** Whole lines that begin at or after so many bytes. */
async function linesAfter(path: string, bytes: number): Promise<string[]> {
  const content = await readFile(path).catch(ifMissing(nothing));
  return content.subarray(bytes).toString('utf8').split('\n').slice(0, -1);
}

function rowOf(line: string): EvaluationRow | null {
  try {
    return parseRow(evaluationsTable, line);
  } catch {
    return null;
  }
}

/** A line that was cut off by a kill is ended, so that the next one is readable. */
async function endLine(path: string): Promise<void> {
  const size = await sizeOf(path);
  if (size === 0) return;
  const handle = await open(path, 'a+');
  try {
    const last = Buffer.alloc(1);
    await handle.read(last, 0, 1, size - 1);
    if (last[0] !== lineFeed) await handle.writeFile('\n');
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(ifMissing(null)))?.size ?? 0;
}

const nothing = Buffer.alloc(0);
const lineFeed = 0x0a;

const ifMissing =
  <Value>(value: Value) =>
  (cause: unknown): Value => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return value;
    throw cause;
  };
