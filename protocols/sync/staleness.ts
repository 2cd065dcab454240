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

/** Whether a worker of staleness τ_k must restart under the bound τ_max. */
export function meetsBound(test: StalenessTest, staleness: number, maxStaleness: number): boolean {
  return test === 'ge' ? staleness >= maxStaleness : staleness > maxStaleness;
}
