/**
 * The policies that count mini-batches (updates of U local steps), of which one worker may give several to a round: whoever
 * finishes pulls the newest model at once. They differ in what becomes of work that began before the last commit:
 *
 * | policy        | work from an older version                    |
 * | ------------- | --------------------------------------------- |
 * | K-batch-sync  | is cancelled at the commit                    |
 * | K-batch-async | is finished, and counts                       |
 * | Rennala       | is finished, and is refused when it arrives   |
 */
import type { Policy, PolicyDefinition } from '../policy.js';
import type { PolicySettings } from '../settings.js';
import { fixedK, fixedWait } from './fixed-wait.js';

/** Closes on K mini-batches. */
export function kBatches(name: string, settings: PolicySettings): Policy<null> {
  return { ...fixedWait(name, fixedK(settings)), counts: 'mini-batches' };
}

export const kBatchSync: PolicyDefinition = {
  name: 'k-batch-sync',
  title: 'K-batch-sync SGD',
  summary: 'K mini-batches, any worker may give several; the others are cancelled and restart',
  source: 'arXiv 1803.01113',
  uses: ['waitCount', 'k0'],
  counts: 'mini-batches',
  create: (settings) => ({ ...kBatches('k-batch-sync', settings), maxStaleness: () => 1 }),
};

export const kBatchAsync: PolicyDefinition = {
  name: 'k-batch-async',
  title: 'K-batch-async SGD',
  summary: 'K mini-batches, any worker may give several; the others compute on and count later',
  source: 'arXiv 1803.01113',
  uses: ['waitCount', 'k0'],
  counts: 'mini-batches',
  create: (settings) => kBatches('k-batch-async', settings),
};

export const rennala: PolicyDefinition = {
  name: 'rennala',
  title: 'Rennala SGD',
  summary: 'K mini-batches, all computed at the current model; what comes from an older one is dropped',
  source: 'arXiv 2305.12387',
  uses: ['waitCount', 'k0'],
  counts: 'mini-batches',
  create: (settings) => ({
    ...kBatches('rennala', settings),
    admit: (_state, _update, staleness) =>
      staleness === 0
        ? { accept: true, weight: 1, reason: 'at the current model' }
        : { accept: false, reason: `${staleness} versions behind the current model` },
  }),
};
