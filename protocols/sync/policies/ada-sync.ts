/**
 * AdaSync (arXiv 2003.10579): the wait count grows as the loss falls, with no bound on staleness. In its K-async form, K^t =
 * K^0 · sqrt(F(w^0) / F(w^t)) as in ABS, slow workers are never interrupted, however old their updates become; in its K-sync
 * form they are cancelled at every commit, and K^t solves K² / (N − K) = K0² / (N − K0) · F(w^0) / F(w^t).
 */
import type { PolicyDefinition } from '../policy.js';
import { kSyncForm } from '../wait-count.js';
import { adaptiveHooks } from './adaptive.js';

export const adaSync: PolicyDefinition = {
  name: 'ada-sync',
  title: 'AdaSync (K-async form)',
  summary: 'first K^t workers, K^t grows as the loss falls; the others compute on and count later',
  source: 'arXiv 2003.10579',
  uses: ['k0', 'waitCount', 'kRounding', 'kMonotone', 'lossSmoothing'],
  create: (settings) => ({ name: 'ada-sync', ...adaptiveHooks(settings) }),
};

export const adaKSync: PolicyDefinition = {
  name: 'ada-k-sync',
  title: 'AdaSync (K-sync form)',
  summary: 'first K^t workers, K^t grows as the loss falls; the others are cancelled and restart',
  source: 'arXiv 2003.10579',
  uses: ['k0', 'waitCount', 'kRounding', 'kMonotone', 'lossSmoothing'],
  create: (settings) => ({
    name: 'ada-k-sync',
    ...adaptiveHooks(settings, kSyncForm),
    maxStaleness: () => 1,
  }),
};
