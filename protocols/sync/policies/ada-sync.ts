/**
 * AdaSync (arXiv 2003.10579), its K-async form: the wait count K^t = K^0 · sqrt(F(w^0) / F(w^t)) of ABS with no bound on
 * staleness: slow workers are never interrupted, however old their updates become.
 */
import type { PolicyDefinition } from '../policy.js';
import { adaptiveHooks } from './adaptive.js';

export const adaSync: PolicyDefinition = {
  name: 'ada-sync',
  title: 'AdaSync (K-async form)',
  summary: 'first K^t workers, K^t grows as the loss falls; the others compute on and count later',
  source: 'arXiv 2003.10579',
  uses: ['k0', 'waitCount', 'kRounding', 'kMonotone', 'lossSmoothing'],
  create: (settings) => ({ name: 'ada-sync', ...adaptiveHooks(settings) }),
};
