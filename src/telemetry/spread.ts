/**
 * What runs that differ in nothing but their seed come to. A mean over the runs that happened to get there would flatter a
 * policy that often does not: where one run has no value there is none, and how many have is said beside it.
 */
import { mean, sampleStandardDeviation } from 'simple-statistics';

export interface Spread {
  /** Null unless every run has a value. */
  readonly mean: number | null;
  /** Sample standard deviation (n − 1); null also for a single run. */
  readonly sd: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** One per run, in the order of the seeds; null: it has none. */
  readonly values: readonly (number | null)[];
}

export function spreadOf(values: readonly (number | null)[]): Spread {
  const there = values.filter((value) => value !== null);
  if (there.length < values.length || there.length === 0) {
    return { mean: null, sd: null, min: null, max: null, values };
  }
  return {
    mean: mean(there),
    sd: there.length > 1 ? sampleStandardDeviation(there) : null,
    min: Math.min(...there),
    max: Math.max(...there),
    values,
  };
}
