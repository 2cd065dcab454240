/** Entries of a `comparison.json` for tests, with the means and spreads that the values have. */
import type { ComparisonEntryRecord } from '../../src/telemetry/comparison-file.js';
import { spreadOf } from '../../src/telemetry/spread.js';

export function spread(...values: (number | null)[]): ComparisonEntryRecord['finalAccuracy'] {
  return { ...spreadOf(values), values };
}

/** @param steps what each run of the entry needed for each accuracy; null: it did not reach it */
export function reaching(
  steps: Readonly<Record<string, readonly (number | null)[]>>,
): ComparisonEntryRecord['timeToAccuracy'] {
  return Object.fromEntries(
    Object.entries(steps).map(([step, values]) => {
      const { mean, sd } = spreadOf(values);
      return [
        step,
        { mean, sd, reached: values.filter((value) => value !== null).length, values: [...values] },
      ];
    }),
  );
}

/** Of two seeds, 1 and 2. */
export function comparisonEntry(
  name: string,
  changes: Partial<ComparisonEntryRecord> = {},
): ComparisonEntryRecord {
  const ten = spread(10, 10);
  return {
    name,
    policy: name,
    settings: {},
    seeds: [1, 2],
    finalAccuracy: spread(0.5, 0.6),
    bestAccuracy: spread(0.6, 0.6),
    finalLoss: ten,
    rounds: ten,
    time: ten,
    uploads: ten,
    downloads: ten,
    restarts: spread(0, 0),
    discarded: ten,
    communicationRounds: spread(2000, 2001),
    communicationRoundsWithoutRestarts: ten,
    timeToAccuracy: reaching({ '0.30': [3, 4], '0.35': [8, 9], '0.40': [11, null], '0.45': [null, null] }),
    communicationToAccuracy: reaching({ '0.30': [300, 400], '0.35': [800, 900] }),
    communicationToAccuracyWithoutRestarts: reaching({ '0.30': [30, 40], '0.35': [80, 90] }),
    ...changes,
  };
}
