/**
 * The running estimate of the training loss that adaptive wait counts follow.
 *
 * F(w^0) is the mean loss of the first local mini-batches, before any step, of the workers of the first round. F(w^t) is
 * the mean loss of the workers that uploaded in a round, smoothed by an exponential moving average that starts at
 * F(w^0): one lucky round must not ratchet the wait count up for ever.
 */
import type { Commit } from './events.js';

export interface LossEstimate {
  /** F(w^0); null before the first commit. */
  readonly initial: number | null;
  /** Smoothed F(w^t); null before the first commit. */
  readonly smoothed: number | null;
}

export const noLossYet: LossEstimate = { initial: null, smoothed: null };

/** The estimate after a commit. `smoothing` is the weight of the past, 0 … below 1. */
export function observeLoss(estimate: LossEstimate, commit: Commit, smoothing: number): LossEstimate {
  if (commit.contributions.length === 0) return estimate;
  const initial = estimate.initial ?? mean(commit.contributions.map((c) => c.firstLoss));
  const past = estimate.smoothed ?? initial;
  return { initial, smoothed: smoothing * past + (1 - smoothing) * commit.loss };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
