/**
 * The columns of `rounds.csv` and `evaluations.csv`, both ways. Numbers keep every digit (what is read equals what was
 * written). An empty field means "there is none" (no staleness bound); a diverged loss is `NaN` or `Infinity`.
 */
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import type { EvaluationRecord, RoundRecord } from './run-events.js';

/** A row of `rounds.csv`. */
export type RoundRow = Omit<RoundRecord, 'degraded' | 'trainedSamples' | 'reason'>;
/** A row of `evaluations.csv`. */
export type EvaluationRow = Omit<EvaluationRecord, 'samples'>;

export interface Table<Row> {
  /** Column name and field, in the file's order. */
  readonly columns: readonly (readonly [name: string, field: keyof Row & string])[];
  readonly schema: z.ZodType<Row>;
}

const count = z.int().min(0);
const real = z.custom<number>((value) => typeof value === 'number', { error: 'must be a number' });

export const roundsTable: Table<RoundRow> = {
  columns: [
    ['version', 'version'],
    ['time', 'time'],
    ['wait_count', 'waitCount'],
    ['max_staleness', 'maxStaleness'],
    ['loss', 'loss'],
    ['mean_staleness', 'meanStaleness'],
    ['uploads', 'uploads'],
    ['downloads', 'downloads'],
    ['restarts', 'restarts'],
    ['communication_rounds', 'communicationRounds'],
    ['communication_rounds_without_restarts', 'communicationRoundsWithoutRestarts'],
  ],
  schema: z.strictObject({
    version: count,
    time: real,
    waitCount: count,
    maxStaleness: real.nullable(),
    loss: real,
    meanStaleness: real,
    uploads: count,
    downloads: count,
    restarts: count,
    communicationRounds: count,
    communicationRoundsWithoutRestarts: count,
  }),
};

export const evaluationsTable: Table<EvaluationRow> = {
  columns: [
    ['version', 'version'],
    ['time', 'time'],
    ['communication_rounds', 'communicationRounds'],
    ['test_accuracy', 'testAccuracy'],
    ['test_loss', 'testLoss'],
    ['communication_rounds_without_restarts', 'communicationRoundsWithoutRestarts'],
  ],
  schema: z.strictObject({
    version: count,
    time: real,
    communicationRounds: count,
    testAccuracy: real,
    testLoss: real,
    communicationRoundsWithoutRestarts: count,
  }),
};

const toLine = (fields: readonly string[]): string => stringify([[...fields]], { eof: false });

/** The column names, without the line feed. */
export function headerLine<Row>(table: Table<Row>): string {
  return toLine(table.columns.map(([name]) => name));
}

/** One row, without the line feed. Fields of `row` that are not columns are left out. */
export function rowLine<Row>(table: Table<Row>, row: Row): string {
  return toLine(table.columns.map(([, field]) => (row[field] === null ? '' : String(row[field]))));
}

function parseField(text: string): number | null {
  if (text === '') return null;
  const value = Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`"${text}" is not a number`);
  return value;
}

/**
 * Reads a line that `rowLine` wrote; every column is a number, so no field is ever quoted.
 * @throws Error that says what is wrong with the line
 */
export function parseRow<Row>(table: Table<Row>, line: string): Row {
  const fields = line.split(',');
  if (fields.length !== table.columns.length) {
    throw new Error(`it has ${fields.length} columns instead of ${table.columns.length}`);
  }
  const named = table.columns.map(([, name], column) => [name, parseField(fields[column] ?? '')]);
  return table.schema.parse(Object.fromEntries(named));
}
