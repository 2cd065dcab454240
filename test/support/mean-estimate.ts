/**
 * Means with their standard errors, and what it takes for one to agree with theory: within a stated relative tolerance that
 * is itself at least three standard errors, so that a correct program passes and a tolerance says what it seems to say.
 */
import assert from 'node:assert/strict';
import { mean, sampleStandardDeviation } from 'simple-statistics';

export interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

/** Of values that do not depend on each other. */
export function estimateOf(values: readonly number[]): Estimate {
  return {
    mean: mean([...values]),
    standardError: sampleStandardDeviation([...values]) / Math.sqrt(values.length),
  };
}

/**
 * Of values in the order of their coming, each of which may depend on those just before it: the means of long stretches
 * hardly depend on each other (method of batch means).
 */
export function batchMeans(values: ArrayLike<number>, batches = 50): Estimate {
  const length = Math.floor(values.length / batches);
  assert.ok(length >= 100, `${values.length} values are too few for ${batches} stretches`);
  const means: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    let sum = 0;
    for (let i = batch * length; i < (batch + 1) * length; i += 1) sum += values[i] ?? NaN;
    means.push(sum / length);
  }
  return estimateOf(means);
}

/** @throws AssertionError if the mean is further from theory than the tolerance, or too uncertain to tell */
export function assertAgrees(estimate: Estimate, theory: number, tolerance: number): void {
  const { mean: found, standardError } = estimate;
  const text = `${found} ± ${standardError}, theory ${theory}`;
  assert.ok(3 * standardError <= tolerance * theory, `too uncertain for ${tolerance * 100} %: ${text}`);
  assert.ok(Math.abs(found - theory) <= tolerance * theory, `off by more than ${tolerance * 100} %: ${text}`);
}

/** @throws AssertionError if the mean would also agree with a theory that is wrong by this much, in either direction */
export function assertTells(estimate: Estimate, theory: number, tolerance: number, wrongBy: number): void {
  for (const factor of [1 + wrongBy, 1 - wrongBy]) {
    assert.throws(
      () => assertAgrees(estimate, factor * theory, tolerance),
      assert.AssertionError,
      `${estimate.mean} agrees with ${factor} · ${theory} as well`,
    );
  }
}
