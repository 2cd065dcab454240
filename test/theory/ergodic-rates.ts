/**
 * The ergodic mean (1/T) Σ_t ‖∇f(w^t)‖² of ABS with the step size of the O(1/√(TKU)) theorem, measured.
 *
 * Step size: η = c √(K / (T U)), held for all T rounds: the step for which the analysis of local SGD gives that rate (Yu, Yang
 * and Zhu 2019, arXiv 1807.06629: η ∝ √N / √T with T there the number of local steps, here T·U, and N the workers averaged, here
 * K). It balances the two terms of the bound, (f(w^0) − f*) / (η T U) and L η σ² / K.
 */
import { type Estimate, estimateOf } from '../support/mean-estimate.js';
import type { Curve } from '../support/noisy-objective.js';
import { type ObjectiveResult, runObjective } from '../support/objective-run.js';

/** c of the step size. */
export const stepConstant = 0.5;
export const sigma = 1;

/** Coordinates, all alike: with the same times for all, runs that are independent of each other. */
const copies = 128;

export interface RateRun {
  readonly curve: Curve;
  readonly start: number;
  /** T. */
  readonly rounds: number;
  /** K of the step size, and of the policy's settings. */
  readonly waitCount: number;
  /** U. */
  readonly localSteps: number;
  /** Default: K fixed, and restarts at τ_max = 3. */
  readonly settings?: object;
  /** Default: that of the theorem. */
  readonly learningRate?: number;
  readonly seed: number;
}

/** Of one coordinate. */
export async function measureErgodicMean(run: RateRun): Promise<Estimate & ObjectiveResult> {
  const { curve, start, rounds, waitCount, localSteps, seed } = run;
  const learningRate = run.learningRate ?? stepConstant * Math.sqrt(waitCount / (rounds * localSteps));
  const sums = new Float64Array(copies);
  const result = await runObjective({
    objective: { curves: Array.from(sums, () => curve), sigma, learningRate, seed },
    policy: 'abs',
    settings: { workers: 6, ...(run.settings ?? { waitCount, maxStaleness: 3 }) },
    localSteps,
    start,
    rounds,
    visit(weights) {
      for (const [i, weight] of weights.entries()) sums[i] = (sums[i] ?? 0) + curve.slope(weight) ** 2;
    },
  });
  return { ...estimateOf(Array.from(sums, (sum) => sum / rounds)), ...result };
}

/**
 * What √(TKU) times the ergodic mean tends to, per coordinate, of a curve with its least value at 0 and curvature h there. With
 * η → 0 staleness and the spread on the way down no longer matter: the way down is that of gradient descent in steps of ηU, along
 * which Σ_t ηU f'(w^t)² = f(w^0) − f(0), and at its end E w² is the floor η σ² / (2 K h), times h² a gradient of h η σ² / (2 K). So the
 * mean is (f(w^0) − f(0)) / (η T U) + h η σ² / (2 K), with the step size above ((f(w^0) − f(0)) / c + c h σ² / 2) / √(TKU).
 *
 * So the rate is −1/2 in T, K and U, neither more nor less, be f convex or not: a step that is held throughout a run makes a
 * floor of the noise, and one that is made smaller for a longer run lengthens the way down to it.
 */
export function limit(curve: Curve, start: number, h: number): number {
  return (curve.value(start) - curve.value(0)) / stepConstant + (stepConstant * h * sigma ** 2) / 2;
}
