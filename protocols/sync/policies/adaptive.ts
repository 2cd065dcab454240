/**
 * What ABS and AdaSync share: a wait count that follows the loss. Its state is the wait count of the open round, how it
 * was arrived at, and the loss estimate behind it.
 */
import type { Commit } from '../events.js';
import { type LossEstimate, noLossYet, observeLoss } from '../loss-estimate.js';
import type { Decision, RoundView } from '../policy.js';
import { adaptiveWaitCount, squareRoot, type WaitCountForm } from '../wait-count.js';
import type { PolicySettings } from '../settings.js';

export interface AdaptiveState {
  readonly waitCount: number;
  readonly reason: string;
  readonly loss: LossEstimate;
}

/**
 * The hooks `initial`, `waitCount` and `committed` of a policy with an adaptive wait count.
 * @param rule how the wait count follows the loss. Default: the square root of ABS and AdaSync
 */
export function adaptiveHooks(settings: PolicySettings, rule: WaitCountForm = squareRoot) {
  const { k0, waitCount: fixed, kRounding: rounding, kMonotone: monotone, lossSmoothing } = settings;
  return {
    initial(): AdaptiveState {
      return fixed === undefined
        ? { waitCount: k0, reason: 'K0', loss: noLossYet }
        : { waitCount: fixed, reason: 'fixed', loss: noLossYet };
    },
    waitCount(state: AdaptiveState): Decision<number> {
      return { value: state.waitCount, reason: state.reason };
    },
    committed(state: AdaptiveState, commit: Commit, { workers }: Pick<RoundView, 'workers'>): AdaptiveState {
      const loss = observeLoss(state.loss, commit, lossSmoothing);
      if (fixed !== undefined) return { ...state, loss };
      const next = adaptiveWaitCount({ k0, rounding, monotone, form: rule, workers }, state.waitCount, loss);
      return { waitCount: next.value, reason: next.reason, loss };
    },
  };
}
