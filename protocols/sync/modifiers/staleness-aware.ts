/**
 * Staleness-aware SGD (arXiv 1511.05950), for any policy that leaves the weights of a commit as the updates were admitted with:
 * the step of an update that is τ versions behind is divided by τ.
 */
import type { PolicyModifier } from '../policy.js';

export const stalenessAware: PolicyModifier = {
  prefix: 'sa-',
  title: 'staleness-aware',
  summary: 'an update that is τ > 0 versions behind weighs 1/τ',
  source: 'arXiv 1511.05950',
  misfit: ({ parts }) => (parts === undefined ? null : 'weighs the updates of a commit itself'),
  modify: (policy) => ({
    ...policy,
    admit(state, update, staleness, view) {
      const admission = policy.admit?.(state, update, staleness, view) ?? {
        accept: true,
        weight: 1,
        reason: 'counts',
      };
      if (!admission.accept || staleness === 0) return admission;
      const { weight, reason } = admission;
      return { accept: true, weight: weight / staleness, reason: `${reason}, 1/τ with τ = ${staleness}` };
    },
  }),
};
