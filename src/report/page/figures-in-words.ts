/** Numbers of several runs as text: the mean, and the sample standard deviation where there are at least two. */
import { mean, sampleStandardDeviation } from 'simple-statistics';

export const none = '–';

/**
 * `52.31 ± 0.42`; `52.31` of one run; `–` of none. Runs without the value are told: `41.2 (2 of 3 runs)`.
 * @param shown turns a number into text
 */
export function overRuns(values: readonly (number | null)[], shown: (value: number) => string): string {
  const there = values.filter((value) => value !== null);
  if (there.length === 0) return none;
  const spread = there.length < 2 ? '' : ` ± ${shown(sampleStandardDeviation(there))}`;
  const some = there.length < values.length ? ` (${there.length} of ${values.length} runs)` : '';
  return `${shown(mean(there))}${spread}${some}`;
}

/** `52.31`: a fraction in percent, without the sign. */
export const percent = (fraction: number): string => (100 * fraction).toFixed(2);

/** `1,234.5`: as many decimals as a number of this size deserves. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const decimals = Number.isInteger(value) || size >= 1000 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
