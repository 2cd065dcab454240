/**
 * A `Compute` whose gradients theory knows: a smooth function that is the sum of one curve for each coordinate, and gradients
 * with independent Gaussian noise of variance σ² in each. A task's noise follows from seed, worker and attempt alone, so it is
 * the same whenever and wherever it is computed.
 */
import { randomNormal } from 'd3-random';
import type { LocalTask, LocalUpdate } from '../../src/compute/compute.js';
import { seededRandom } from '../../src/random/seeded-random.js';

/** A function of one variable and its derivative. */
export interface Curve {
  value(x: number): number;
  slope(x: number): number;
}

/** ½ h x²; its Hessian is h, its smallest value 0 at 0. */
export function parabola(h: number): Curve {
  return { value: (x) => (h * x * x) / 2, slope: (x) => h * x };
}

/** ½ log(1 + x²): 1-smooth, and not convex where |x| > 1. */
export const well: Curve = {
  value: (x) => Math.log1p(x * x) / 2,
  slope: (x) => x / (1 + x * x),
};

export interface NoisyObjective {
  /** One for each coordinate. */
  readonly curves: readonly Curve[];
  /** Standard deviation of each coordinate of a gradient. */
  readonly sigma: number;
  /** η of the workers' steps. */
  readonly learningRate: number;
  readonly seed: number;
}

/** Takes U steps w ← w − η (∇f(w) + noise). The loss is f at the points of the steps, without noise. */
export function localSteps(objective: NoisyObjective, task: LocalTask): LocalUpdate {
  const { curves, sigma, learningRate, seed } = objective;
  const { worker, attempt, parameters, localSteps: steps } = task;
  const noise = randomNormal.source(seededRandom(seed, 'gradient-noise', worker, attempt))(0, sigma);
  const weights = Float64Array.from(parameters);
  const losses: number[] = [];
  for (let step = 0; step < steps; step += 1) {
    let loss = 0;
    for (const [i, curve] of curves.entries()) {
      const x = weights[i] ?? NaN;
      loss += curve.value(x);
      weights[i] = x - learningRate * (curve.slope(x) + noise());
    }
    losses.push(loss);
  }
  return {
    delta: Float32Array.from(weights, (weight, i) => weight - (parameters[i] ?? NaN)),
    steps,
    samples: steps,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / steps,
    firstLoss: losses[0] ?? NaN,
    computeSeconds: 0,
  };
}
