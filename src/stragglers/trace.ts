/**
 * A trace of measured task times: CSV with a header that names a column `time` and, optionally, a column `worker`
 * (0-based); or one number per line without a header. Blank lines and lines that begin with `#` are passed over.
 */
import { readFileSync } from 'node:fs';
import { parseNumber } from '../config/parse-number.js';
import { configError } from '../errors.js';

export interface Trace {
  /** All times, in the order of the file. */
  readonly times: readonly number[];
  /** Each worker's own times; null if the file has no column `worker`. */
  readonly byWorker: ReadonlyMap<number, readonly number[]> | null;
}

/**
 * @throws StalewartError CONFIG with field `straggler` if the file cannot be read, holds no times, a time that is not a
 * positive number, or a worker that is not an index
 */
export function loadTrace(file: string): Trace {
  const refuse = (detail: string) =>
    configError('straggler', `empirical:file=${file}`, `a readable file of task times, and ${detail}`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const rows = text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, cells: line.split(',').map((cell) => cell.trim()) }))
    .filter(({ cells }) => cells.join('') !== '' && !(cells[0] ?? '').startsWith('#'));
  const first = rows[0]?.cells ?? [];
  const hasHeader = first.some((cell) => parseNumber(cell) === undefined);
  const timeColumn = hasHeader ? first.indexOf('time') : 0;
  const workerColumn = hasHeader ? first.indexOf('worker') : -1;
  if (timeColumn < 0) throw refuse(`its header "${first.join(',')}" names no column time`);

  const times: number[] = [];
  const byWorker = new Map<number, number[]>();
  for (const { number, cells } of rows.slice(hasHeader ? 1 : 0)) {
    const time = parseNumber(cells[timeColumn] ?? '');
    if (time === undefined || !Number.isFinite(time) || time <= 0) {
      throw refuse(`the time in line ${number} is "${cells[timeColumn] ?? ''}", not a number above 0`);
    }
    times.push(time);
    if (workerColumn < 0) continue;
    const worker = parseNumber(cells[workerColumn] ?? '');
    if (worker === undefined || !Number.isSafeInteger(worker) || worker < 0) {
      throw refuse(`the worker in line ${number} is "${cells[workerColumn] ?? ''}", not an index from 0`);
    }
    const own = byWorker.get(worker);
    if (own === undefined) byWorker.set(worker, [time]);
    else own.push(time);
  }
  if (times.length === 0) throw refuse('it holds no times');
  return { times, byWorker: workerColumn < 0 ? null : byWorker };
}

/**
 * @throws StalewartError CONFIG if the trace knows its workers and one of 0 … `workers` − 1 is not among them
 */
export function checkTraceCovers(trace: Trace, workers: number, file: string): void {
  if (trace.byWorker === null) return;
  for (let worker = 0; worker < workers; worker++) {
    if (!trace.byWorker.has(worker)) {
      throw configError(
        'straggler',
        `empirical:file=${file}`,
        `a trace with times of every worker from 0 to ${workers - 1} or without a column worker, ` +
          `and it has none of worker ${worker}`,
      );
    }
  }
}
