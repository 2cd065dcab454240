/**
 * Adaptive wait count: while the loss is high a coarse direction is enough, so few updates are waited for; as it falls, more
 * are averaged. K^t = min(N, max(K^{t−1}, round(form(K^0, F(w^0) / F(w^t))))), with the form
 *
 * - K^0 · sqrt(F(w^0) / F(w^t)) for ABS (arXiv 2301.08895, eq. 5) and AdaSync's K-async (arXiv 2003.10579);
 * - the K that solves K² / (N − K) = K0² / (N − K0) · F(w^0) / F(w^t) for AdaSync's K-sync.
 */
import type { LossEstimate } from './loss-estimate.js';
import type { Decision } from './policy.js';

export type Rounding = 'floor' | 'round' | 'ceil';

/** K^t before it is rounded. */
export interface WaitCountForm {
  /** @param ratio F(w^0) / F(w^t), above 0 @param workers N */
  exact(k0: number, ratio: number, workers: number): number;
  /** The formula with the losses put in. */
  words(initial: string, smoothed: string): string;
}

export const squareRoot: WaitCountForm = {
  exact: (k0, ratio) => k0 * Math.sqrt(ratio),
  words: (initial, smoothed) => `K0*sqrt(${initial}/${smoothed})`,
};

export const kSyncForm: WaitCountForm = {
  exact(k0, ratio, workers) {
    if (k0 >= workers) return workers;
    const right = (k0 ** 2 / (workers - k0)) * ratio;
    return (Math.sqrt(right ** 2 + 4 * right * workers) - right) / 2;
  },
  words: (initial, smoothed) => `K^2/(N-K)=K0^2/(N-K0)*${initial}/${smoothed}, K`,
};

export interface WaitCountRule {
  readonly k0: number;
  readonly rounding: Rounding;
  /** K^t never falls. */
  readonly monotone: boolean;
  readonly form: WaitCountForm;
  /** N. */
  readonly workers: number;
}

/** K^t before N is considered: the engine clamps it to the workers that there are. */
export function adaptiveWaitCount(
  { k0, rounding, monotone, form, workers }: WaitCountRule,
  previous: number,
  loss: LossEstimate,
): Decision<number> {
  const { initial, smoothed } = loss;
  if (initial === null || smoothed === null) return { value: k0, reason: 'K0' };
  // A loss of 0 or below (possible with a user's own loss) has no ratio to follow: keep what there is.
  if (!(smoothed > 0) || !(initial > 0)) return { value: previous, reason: 'loss is not positive' };
  const exact = form.exact(k0, initial / smoothed, workers);
  const wanted = Math.max(1, Math[rounding](exact));
  const reason = `${form.words(initial.toFixed(3), smoothed.toFixed(3))}=${exact.toFixed(2)}`;
  if (monotone && wanted < previous) return { value: previous, reason: `${reason}, never falls` };
  return { value: wanted, reason };
}
