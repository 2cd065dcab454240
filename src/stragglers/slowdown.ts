/**
 * Per-worker slowdown: a factor by which everything that the worker computes takes longer, for the whole run. As text
 * `0:3,4:5`, as a list with one factor per worker, or as a record.
 */
import { parseNumber } from '../config/parse-number.js';
import { configError, shownValue } from '../errors.js';
import { isWorkerKey, type PerWorker, splitPairs } from './per-worker.js';

/** Factors of at least 1 by worker index or `all`. */
export type Slowdown = PerWorker<number>;

export type SlowdownInput = string | readonly number[] | Slowdown;

/** @throws StalewartError CONFIG with field `slowdown` */
export function parseSlowdown(input: SlowdownInput): Slowdown {
  const refuse = (detail: string) =>
    configError(
      'slowdown',
      input,
      `WORKER:FACTOR,… with factors of at least 1, such as 0:3,4:5, and ${detail}`,
    );
  const slowdown: Record<string, number> = {};
  for (const [key, factor] of entriesOf(input, refuse)) {
    if (!isWorkerKey(key)) throw refuse(`"${key}" is neither a worker's index nor all`);
    if (typeof factor !== 'number' || !(factor >= 1 && factor < Infinity)) {
      const why = factor === Infinity ? ', which is not finite' : '';
      throw refuse(`the factor of ${key} is ${shownValue(factor)}${why}`);
    }
    slowdown[key] = factor;
  }
  return slowdown;
}

function entriesOf(input: SlowdownInput, refuse: (detail: string) => Error): [string, unknown][] {
  if (typeof input !== 'string') return Object.entries(input);
  return splitPairs(input, ',', refuse).map(([key, text]) => [key, parseNumber(text) ?? text]);
}
