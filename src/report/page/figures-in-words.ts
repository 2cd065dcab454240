/** Numbers of several runs as text: the mean, and the sample standard deviation where there are at least two. */
import { mean, sampleStandardDeviation } from 'simple-statistics';

export const none = '–';

/** Text of a number. @param among numbers beside which it stands: the first, and whether all are whole, decide on its decimals */
export type Shown = (value: number, among: readonly number[]) => string;

/**
 * `52.31 ± 0.42`; `52.31` of one run; `–` where no run has the value; `2 of 3` where only some have it: a mean over the runs
 * that happened to get there would flatter.
 */
export function overRuns(values: readonly (number | null)[], shown: Shown): string {
  const there = values.filter((value) => value !== null);
  if (there.length === 0) return none;
  if (there.length < values.length) return `${there.length} of ${values.length}`;
  const middle = mean(there);
  if (there.length < 2) return shown(middle, [middle]);
  const deviation = sampleStandardDeviation(there);
  const among = [middle, deviation];
  return `${shown(middle, among)} ± ${shown(deviation, among)}`;
}

/** A number that always has two decimals. */
export const twoDecimals: Shown = (value) => value.toFixed(2);

/** `52.31`: a fraction in percent, without the sign. */
export const percent: Shown = (fraction) => (100 * fraction).toFixed(2);

/** `1,234`, `12.5`, `0.0031`: as many decimals as a number of this size deserves. */
export function amount(value: number, among: readonly number[] = [value]): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(among[0] ?? value);
  const whole = among.every(Number.isInteger);
  const decimals = whole || size >= 1000 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
