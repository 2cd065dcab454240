/** Numbers of several runs as text: the mean, and the sample standard deviation where there are at least two. */
import { mean, sampleStandardDeviation } from 'simple-statistics';

export const none = '–';

/** Text of a number. @param like decides how many decimals it has */
export type Shown = (value: number, like: number) => string;

/**
 * `52.31 ± 0.42`; `52.31` of one run; `–` where no run has the value; `2 of 3` where only some have it: a mean over the runs
 * that happened to get there would flatter.
 */
export function overRuns(values: readonly (number | null)[], shown: Shown): string {
  const there = values.filter((value) => value !== null);
  if (there.length === 0) return none;
  if (there.length < values.length) return `${there.length} of ${values.length}`;
  const middle = mean(there);
  const spread = there.length < 2 ? '' : ` ± ${shown(sampleStandardDeviation(there), middle)}`;
  return `${shown(middle, middle)}${spread}`;
}

/** A number that always has two decimals. */
export const twoDecimals: Shown = (value) => value.toFixed(2);

/** `52.31`: a fraction in percent, without the sign. */
export const percent: Shown = (fraction) => (100 * fraction).toFixed(2);

/** `1,234`, `12.5`, `0.0031`: as many decimals as a number of this size deserves. */
export function amount(value: number, like = value): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(like);
  const decimals = Number.isInteger(like) || size >= 1000 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
