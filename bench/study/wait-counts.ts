/**
 * How far K has grown in the runs of a comparison: a policy whose K never left K^0 is one with a fixed K, whatever its name, and
 * whoever reads the figures is to know.
 */
import { max, min } from 'simple-statistics';
import { join } from 'node:path';
import type { ComparisonRecord } from '../../src/telemetry/comparison-file.js';
import { readRun } from '../../src/telemetry/read-run.js';

/** K of the last round, smallest and largest over an entry's runs, by the entry's name; one without a round is not in it. */
export type LastWaitCounts = ReadonlyMap<string, readonly [number, number]>;

/** @param folder of the comparison */
export async function lastWaitCounts(folder: string, { runs }: ComparisonRecord): Promise<LastWaitCounts> {
  const counts = new Map<string, number[]>();
  for (const { name, directory } of runs) {
    const { rounds } = await readRun(join(folder, directory ?? ''));
    const last = rounds.at(-1);
    if (last !== undefined) counts.set(name, [...(counts.get(name) ?? []), last.waitCount]);
  }
  return new Map([...counts].map(([name, values]) => [name, [min(values), max(values)]]));
}
