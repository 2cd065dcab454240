/**
 * Ringmaster ASGD (arXiv 2501.16168): every update at once, unless its delay has reached the threshold R. Without stops such
 * an update is dropped when it arrives; with stops its worker is not let finish it: it restarts from the newest model as soon
 * as its delay reaches R. The theory's R is max(1, ⌈σ²/ε⌉).
 */
import type { PolicyDefinition } from '../policy.js';
import type { PolicySettings } from '../settings.js';
import { everyUpdate } from './fixed-wait.js';

/** R. */
function threshold({ maxStaleness, workers }: PolicySettings): number {
  return maxStaleness ?? 2 * workers;
}

export const ringmaster: PolicyDefinition = {
  name: 'ringmaster',
  title: 'Ringmaster ASGD',
  summary: 'every update at once, unless it is R or more versions behind: then it is dropped',
  source: 'arXiv 2501.16168',
  uses: ['maxStaleness'],
  create(settings) {
    const limit = threshold(settings);
    return {
      ...everyUpdate,
      name: 'ringmaster',
      admit: (_state, _update, delay) =>
        delay < limit
          ? { accept: true, weight: 1, reason: `delay ${delay} < ${limit}` }
          : { accept: false, reason: `delay ${delay} ≥ ${limit}` },
    };
  },
};

export const ringmasterStops: PolicyDefinition = {
  name: 'ringmaster-stops',
  title: 'Ringmaster ASGD with stops',
  summary: 'every update at once; who is R versions behind restarts',
  source: 'arXiv 2501.16168',
  uses: ['maxStaleness'],
  create(settings) {
    const limit = threshold(settings);
    return { ...everyUpdate, name: 'ringmaster-stops', maxStaleness: () => limit };
  },
};
