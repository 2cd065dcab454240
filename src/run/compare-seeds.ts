/** The seeds of a comparison as written: how many, from the run's own seed on (`3`), or which (`[1, 5, 9]`, `1,5,9`). */
import { parseNumber } from '../config/parse-number.js';
import type { Origin } from '../config/origin.js';
import { findSetting } from '../config/settings.js';
import { configError } from '../errors.js';

const mostSeeds = 1000;

/**
 * @param first the seed that counting begins with
 * @throws StalewartError CONFIG
 */
export function readSeeds(seeds: unknown, first: number, origin: Origin): readonly number[] {
  if (!isSeed(first)) throw configError(origin.nameOf('seed'), first, findSetting('seed')?.allowed ?? '');
  const refuse = (): Error =>
    configError(origin.nameOf('seeds'), seeds, findSetting('seeds')?.allowed ?? 'a number or a list');
  const read: unknown = readText(seeds ?? 1);
  const list: readonly unknown[] | null = Array.isArray(read) ? read : counted(read, first);
  if (list === null || list.length === 0 || list.length > mostSeeds) throw refuse();
  if (!Array.isArray(read) && !isSeed(list.at(-1))) {
    const last = `at most ${Number.MAX_SAFE_INTEGER - list.length + 1} for ${list.length} seeds from it on`;
    throw configError(origin.nameOf('seed'), first, last);
  }
  if (!list.every(isSeed)) throw refuse();
  if (new Set(list).size < list.length) throw refuse();
  return list;
}

function readText(seeds: unknown): unknown {
  if (typeof seeds !== 'string') return seeds;
  return seeds.includes(',') ? seeds.split(',').map(parseNumber) : parseNumber(seeds);
}

function counted(count: unknown, first: number): readonly number[] | null {
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > mostSeeds) return null;
  return Array.from({ length: count }, (_, index) => first + index);
}

function isSeed(seed: unknown): seed is number {
  return Number.isSafeInteger(seed) && Number(seed) >= 0;
}
