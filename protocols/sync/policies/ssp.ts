/**
 * SSP, stale synchronous parallel (Ho et al., NeurIPS 2013): every update at once; a worker's clock counts its updates, and
 * whoever is more than s of them ahead of the slowest waits for it. It bounds how far the fast run ahead instead of
 * interrupting the slow: nothing that was computed is lost.
 *
 * The slowest is looked for at commits, among those who are not gone for good. A worker that joins a run under way is not
 * waited for before its first update, and begins with the clock of the slowest.
 */
import type { Member, PolicyDefinition } from '../policy.js';

interface Clocks {
  /** Updates of each worker, by its number; null: it has joined and given none. */
  readonly clocks: readonly (number | null)[];
  readonly slowest: number;
}

export const ssp: PolicyDefinition = {
  name: 'ssp',
  title: 'SSP, stale synchronous parallel',
  summary: 'every update at once; who is more than s updates ahead of the slowest waits',
  source: 'Ho et al., NeurIPS 2013',
  uses: ['maxStaleness'],
  create({ maxStaleness }) {
    const slack = maxStaleness ?? 3;
    return {
      name: 'ssp',
      initial: ({ members }): Clocks => ({ clocks: members.map(() => 0), slowest: 0 }),
      waitCount: () => ({ value: 1, reason: 'every update' }),
      committed(state: Clocks, { contributions }, { members }): Clocks {
        const clocks = members.map(({ worker }) => state.clocks[worker] ?? null);
        for (const { worker } of contributions) clocks[worker] = (clocks[worker] ?? state.slowest) + 1;
        return { clocks, slowest: slowestOf(clocks, members) };
      },
      pause({ clocks, slowest }: Clocks, worker) {
        const ahead = (clocks[worker] ?? slowest) - slowest;
        return ahead > slack ? `${ahead} updates ahead of the slowest, more than ${slack}` : null;
      },
    };
  },
};

function slowestOf(clocks: Clocks['clocks'], members: readonly Member[]): number {
  let slowest = Infinity;
  for (const { worker, status } of members) {
    const clock = clocks[worker] ?? null;
    if (status !== 'gone' && clock !== null && clock < slowest) slowest = clock;
  }
  return slowest === Infinity ? 0 : slowest;
}
