/** Runs SGD on parabolas of several curvatures until it has come to rest, and measures E w² of each. */
import { type Estimate, estimateOf } from '../support/mean-estimate.js';
import { parabola } from '../support/noisy-objective.js';
import { runObjective, type ObjectiveRun } from '../support/objective-run.js';

export const curvatures = [0.5, 1, 2] as const;
export const sigma = 1;

/** Coordinates of each curvature: independent runs of the same times, whose spread gives the standard error. */
const copies = 64;

export interface FloorRun extends Pick<ObjectiveRun, 'policy' | 'settings'> {
  readonly learningRate: number;
  readonly localSteps?: number;
  readonly law?: string;
  readonly rounds: number;
  readonly seed: number;
}

/** @returns E w² for each of `curvatures`, and the stalest update */
export async function measureFloors({
  learningRate,
  localSteps = 1,
  rounds,
  seed,
  ...run
}: FloorRun): Promise<{
  readonly floors: ReadonlyMap<number, Estimate>;
  readonly mostStale: number;
}> {
  const curves = curvatures.flatMap((h) => Array.from({ length: copies }, () => parabola(h)));
  const sums = new Float64Array(curves.length);
  // By then what was there at the start is below a thousandth of the floor, of the flattest curve too.
  const settled = Math.ceil(8 / (learningRate * localSteps * Math.min(...curvatures)));
  const { mostStale } = await runObjective({
    ...run,
    objective: { curves, sigma, learningRate, seed },
    localSteps,
    start: 0,
    rounds: settled + rounds,
    visit(weights, version) {
      if (version < settled) return;
      for (const [i, weight] of weights.entries()) sums[i] = (sums[i] ?? 0) + weight * weight;
    },
  });
  const floors = curvatures.map((h, group) => {
    const own = sums.subarray(group * copies, (group + 1) * copies);
    return [h, estimateOf(Array.from(own, (sum) => sum / rounds))] as const;
  });
  return { floors: new Map(floors), mostStale };
}
