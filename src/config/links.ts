/** Latencies and bandwidths of workers' links as written: one number for all, `WORKER:NUMBER,…`, or a record. */
import { parseNumber } from './parse-number.js';
import { configError } from '../errors.js';
import { isWorkerKey, type PerWorker, splitPairs } from '../stragglers/per-worker.js';

/**
 * @param field the setting: `latency`, which may be 0, or `bandwidth`, which may not
 * @throws StalewartError CONFIG
 */
export function parseLinks(
  field: string,
  allowed: string,
  input: string | number | PerWorker<number>,
): PerWorker<number> {
  const refuse = (): Error => configError(field, input, allowed);
  const links: Record<string, number> = {};
  for (const [key, value] of entriesOf(input, refuse)) {
    const usable = typeof value === 'number' && Number.isFinite(value);
    if (!isWorkerKey(key) || !usable || value < 0 || (value === 0 && field === 'bandwidth')) throw refuse();
    links[key] = value;
  }
  return links;
}

function entriesOf(input: string | number | PerWorker<number>, refuse: () => Error): [string, unknown][] {
  if (typeof input === 'object') return Object.entries(input);
  const one = typeof input === 'number' ? input : parseNumber(input);
  if (one !== undefined) return [['all', one]];
  return splitPairs(String(input), ',', refuse).map(([key, text]) => [key, parseNumber(text)]);
}
