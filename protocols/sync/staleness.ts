/**
 * Bounded staleness (arXiv 2301.08895, eq. 4): the threshold τ_max^t, and who has reached it.
 *
 * The threshold falls as the wait count grows: late in a run, when many updates are averaged, an old one does more harm
 * than good. It is never below 1 (stated in the paper); the form of the rule is a setting.
 */
import type { StalenessTest } from './policy.js';

export type ThresholdRule = 'floor-a-over-k' | 'ceil-a-over-k' | 'floor-an-over-k' | 'constant';

export interface ThresholdInputs {
  /** The constant a; `Infinity`: no bound. */
  readonly a: number;
  /** N. */
  readonly workers: number;
  /** K^t. */
  readonly waitCount: number;
  /** The bound of the rule `constant`. */
  readonly maxStaleness: number;
}

/** τ_max^t, at least 1. */
export function stalenessThreshold(rule: ThresholdRule, inputs: ThresholdInputs): number {
  const { a, workers, waitCount, maxStaleness } = inputs;
  switch (rule) {
    case 'floor-a-over-k':
      return Math.max(1, Math.floor(a / waitCount));
    case 'ceil-a-over-k':
      return Math.max(1, Math.ceil(a / waitCount));
    case 'floor-an-over-k':
      return Math.max(1, Math.floor((a * workers) / waitCount));
    case 'constant':
      return Math.max(1, maxStaleness);
  }
}

/**
 * The bound τ_max seen from the versions: who computes from this one or an older is to restart. Each τ_k is `version` − the
 * version that worker k computes from, and restarts when τ_k ≥ τ_max (`ge`) or τ_k > τ_max (`gt`).
 */
export function latestStale(test: StalenessTest, version: number, maxStaleness: number): number {
  return test === 'ge' ? Math.floor(version - maxStaleness) : Math.ceil(version - maxStaleness) - 1;
}
