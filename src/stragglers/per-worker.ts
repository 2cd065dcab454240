/**
 * Settings that differ from worker to worker: a record from worker index to value, where the key `all` speaks for every
 * worker that is not named. As text: `0:VALUE,3:VALUE` or `all:VALUE`; `none` stands for the empty record.
 */
import { parseNumber } from '../config/parse-number.js';

/** Values by worker index (as a text key) or `all`. */
export type PerWorker<T> = Readonly<Record<string, T>>;

/** The worker's own value, else that of `all`, else undefined. */
export function valueOf<T>(values: PerWorker<T>, worker: number): T | undefined {
  return values[String(worker)] ?? values['all'];
}

/** Workers named that are not in 0 … `workers` − 1. */
export function strangers(values: PerWorker<unknown>, workers: number): readonly string[] {
  return Object.keys(values).filter((key) => key !== 'all' && Number(key) >= workers);
}

/**
 * Splits `KEY:VALUE` pairs.
 * @param refuse makes the error for a text that is not such a list
 */
export function splitPairs(
  text: string,
  separator: string,
  refuse: (detail: string) => Error,
): [string, string][] {
  if (text.trim() === 'none') return [];
  const pairs = text.split(separator).map((part): [string, string] => {
    const colon = part.indexOf(':');
    if (colon < 0) throw refuse(`"${part.trim()}" has no colon`);
    return [part.slice(0, colon).trim(), part.slice(colon + 1).trim()];
  });
  const keys = pairs.map(([key]) => key);
  const repeated = keys.find((key, index) => keys.indexOf(key) !== index);
  if (repeated !== undefined) throw refuse(`"${repeated}" is there twice`);
  return pairs;
}

/** Whether a key is `all` or a worker index. */
export function isWorkerKey(key: string): boolean {
  return key === 'all' || (/^\d+$/.test(key) && Number.isSafeInteger(parseNumber(key)));
}
