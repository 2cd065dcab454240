/**
 * SSP, stale synchronous parallel (Ho et al., NeurIPS 2013): every update at once; a worker's clock counts its updates, and
 * whoever is more than s of them ahead of the slowest waits for it. It bounds how far the fast run ahead instead of
 * interrupting the slow: nothing that was computed is lost.
 *
 * The slowest is looked for at commits, among those who are not gone for good. A worker that joins a run under way, or comes
 * back after it was given up, is not waited for before its first update, and begins with the clock of the slowest.
 */
import type { WorkerId } from '../events.js';
import type { Member, PolicyDefinition } from '../policy.js';
import { everyUpdate } from './fixed-wait.js';
import { countOf, noCounts, withCount, type WorkerCounts } from '../worker-counts.js';

interface Clocks {
  /** Workers from the start, whose clocks begin at 0. */
  readonly expected: number;
  /** Updates of each worker that has given any. */
  readonly clocks: WorkerCounts;
  readonly slowest: number;
  /** One of those whose clock that is: while it stays there, there is no need to look at the others. */
  readonly witness: WorkerId;
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
      initial: ({ members }): Clocks => ({
        expected: members.length,
        clocks: noCounts,
        slowest: 0,
        witness: 0,
      }),
      waitCount: everyUpdate.waitCount,
      committed(state: Clocks, { contributions }, { members }): Clocks {
        let { clocks } = state;
        for (const { worker } of contributions) {
          clocks = withCount(clocks, worker, (clockOf({ ...state, clocks }, worker) ?? state.slowest) + 1);
        }
        return { ...state, clocks, ...slowestOf({ ...state, clocks }, members) };
      },
      pause(state: Clocks, worker) {
        const ahead = (clockOf(state, worker) ?? state.slowest) - state.slowest;
        return ahead > slack ? `${ahead} updates ahead of the slowest, more than ${slack}` : null;
      },
      waitsFor: ({ slowest }: Clocks) => slowest,
    };
  },
};

/** Null: it has joined and given none yet, or was given up and left behind. */
function clockOf({ clocks, expected, slowest }: Clocks, worker: WorkerId): number | null {
  const clock = countOf(clocks, worker) ?? (worker < expected ? 0 : null);
  return clock === null || clock < slowest ? null : clock;
}

/**
 * Looks on from the last witness until there is another with the same clock, and at everybody when there is none left: from one
 * clock of the slowest to the next, each worker is passed about twice.
 */
function slowestOf(state: Clocks, members: readonly Member[]): Pick<Clocks, 'slowest' | 'witness'> {
  const { slowest, witness } = state;
  let least = { slowest: Infinity, witness };
  for (let step = 0; step < members.length; step += 1) {
    const worker = (witness + step) % members.length;
    const clock = members[worker]?.status === 'gone' ? null : clockOf(state, worker);
    if (clock === slowest) return { slowest, witness: worker };
    if (clock !== null && clock < least.slowest) least = { slowest: clock, witness: worker };
  }
  return least.slowest === Infinity ? { slowest, witness } : least;
}
