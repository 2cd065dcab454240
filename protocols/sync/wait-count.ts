/**
 * Adaptive wait count (AdaSync, arXiv 2003.10579; ABS, arXiv 2301.08895, eq. 5):
 * K^t = min(N, max(K^{t−1}, round(K^0 · sqrt(F(w^0) / F(w^t))))).
 *
 * While the loss is high a coarse direction is enough, so few updates are waited for; as it falls, more are averaged.
 */
import type { LossEstimate } from './loss-estimate.js';
import type { Decision } from './policy.js';

export type Rounding = 'floor' | 'round' | 'ceil';

export interface WaitCountRule {
  readonly k0: number;
  readonly rounding: Rounding;
  /** K^t never falls. */
  readonly monotone: boolean;
}

/** K^t before N is considered: the engine clamps it to the workers that there are. */
export function adaptiveWaitCount(
  rule: WaitCountRule,
  previous: number,
  loss: LossEstimate,
): Decision<number> {
  const { initial, smoothed } = loss;
  if (initial === null || smoothed === null) return { value: rule.k0, reason: 'K0' };
  // A loss of 0 or below (possible with a user's own loss) has no square root to follow: keep what there is.
  if (!(smoothed > 0) || !(initial > 0)) return { value: previous, reason: 'loss is not positive' };
  const exact = rule.k0 * Math.sqrt(initial / smoothed);
  const wanted = Math.max(1, Math[rule.rounding](exact));
  const ratio = `K0*sqrt(${initial.toFixed(3)}/${smoothed.toFixed(3)})=${exact.toFixed(2)}`;
  if (rule.monotone && wanted < previous) return { value: previous, reason: `${ratio}, never falls` };
  return { value: wanted, reason: ratio };
}
