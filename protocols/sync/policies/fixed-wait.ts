/**
 * The policies whose wait count never changes. They differ in K and in what happens to the others at the commit:
 *
 * | policy          | closes the round on      | the others                                 |
 * | --------------- | ------------------------ | ------------------------------------------ |
 * | K-async         | first K distinct workers | compute on, count later                    |
 * | K-sync          | first K distinct workers | cancelled, restart from the new model      |
 * | ASGD            | 1 update                 | compute on, count later                    |
 * | sync, Local SGD | all N workers            | there are none                             |
 */
import type { Decision, Policy, PolicyDefinition, RoundView } from '../policy.js';
import type { PolicySettings } from '../settings.js';

export function fixedWait(name: string, waitCount: (view: RoundView) => Decision<number>): Policy<null> {
  return { name, initial: () => null, waitCount: (_state, view) => waitCount(view) };
}

/** K: as many as are to be waited for, or K⁰. */
export const fixedK =
  ({ waitCount, k0 }: PolicySettings) =>
  (): Decision<number> => ({ value: waitCount ?? k0, reason: 'fixed' });

/** Rounds of one update, and nothing to remember. */
export const everyUpdate = {
  initial: () => null,
  waitCount: (): Decision<number> => ({ value: 1, reason: 'every update' }),
} as const;

export const allWorkers = ({ workers }: RoundView): Decision<number> => ({
  value: workers,
  reason: 'all workers',
});

export const kAsync: PolicyDefinition = {
  name: 'k-async',
  title: 'K-async SGD',
  summary: 'first K workers; the others compute on and count later',
  source: 'arXiv 1803.01113',
  uses: ['waitCount', 'k0'],
  create: (settings) => fixedWait('k-async', fixedK(settings)),
};

export const kSync: PolicyDefinition = {
  name: 'k-sync',
  title: 'K-sync SGD (m-synchronous, backup workers)',
  summary: 'first K workers; the others are cancelled and restart from the new model',
  source: 'arXiv 1604.00981, 1803.01113, 2602.03802',
  uses: ['waitCount', 'k0'],
  create: (settings) => ({ ...fixedWait('k-sync', fixedK(settings)), maxStaleness: () => 1 }),
};

export const asgd: PolicyDefinition = {
  name: 'asgd',
  title: 'Asynchronous SGD',
  summary: 'every update at once, however stale',
  source: 'Tsitsiklis et al. 1986; arXiv 1106.5730',
  uses: [],
  create: () => ({ ...everyUpdate, name: 'asgd' }),
};

export const sync: PolicyDefinition = {
  name: 'sync',
  title: 'Synchronous SGD',
  summary: 'all workers, one step each (U = 1)',
  source: 'arXiv 1604.00981',
  uses: [],
  defaults: { localSteps: 1 },
  create: () => fixedWait('sync', allWorkers),
};

export const localSgd: PolicyDefinition = {
  name: 'local-sgd',
  title: 'Local SGD',
  summary: 'all workers, U local steps each, then the average',
  source: 'arXiv 1805.09767',
  uses: [],
  create: () => fixedWait('local-sgd', allWorkers),
};
