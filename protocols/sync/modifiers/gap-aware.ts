/**
 * Gap-aware SGD (arXiv 1909.10802), for any policy that does not correct deltas itself: each coordinate of an update is divided by
 * how far the model has moved there since the update's base, measured in steps. The parameter store does it.
 */
import type { PolicyModifier } from '../policy.js';

export const gapAware: PolicyModifier = {
  prefix: 'ga-',
  title: 'gap-aware',
  summary: 'each coordinate is divided by its gap: how many steps the model has moved there',
  source: 'arXiv 1909.10802',
  misfit: ({ correction }) => (correction === undefined ? null : 'corrects deltas itself'),
  modify: (policy) => ({ ...policy, correction: { kind: 'gap-aware' } }),
};
