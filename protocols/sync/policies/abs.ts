/**
 * ABS, adaptive bounded staleness (arXiv 2301.08895): wait for the first K^t distinct workers, K^t grows as the loss
 * falls; a worker whose staleness reaches τ_max^t = max(1, ⌊a / K^t⌋) is restarted from the newest model.
 */
import type { PolicyDefinition } from '../policy.js';
import { stalenessThreshold } from '../staleness.js';
import { adaptiveHooks } from './adaptive.js';

export const abs: PolicyDefinition = {
  name: 'abs',
  title: 'ABS, adaptive bounded staleness',
  summary: 'first K^t workers, K^t grows as the loss falls; who is τ_max^t rounds behind restarts',
  source: 'arXiv 2301.08895',
  uses: [
    'k0',
    'a',
    'waitCount',
    'maxStaleness',
    'kRounding',
    'kMonotone',
    'lossSmoothing',
    'threshold',
    'stalenessTest',
  ],
  create(settings) {
    const { threshold, a, maxStaleness, stalenessTest } = settings;
    return {
      name: 'abs',
      stalenessTest,
      ...adaptiveHooks(settings),
      maxStaleness: (_state, waitCount, { workers }) =>
        stalenessThreshold(threshold, { a, workers, waitCount, maxStaleness: maxStaleness ?? Infinity }),
    };
  },
};
