/**
 * MindFlayer SGD (arXiv 2410.04285): each worker makes B attempts at a gradient at the current model, each within a time limit;
 * what overruns it is discarded and the next attempt begun afresh, so that no round waits for the tail of a heavy-tailed law.
 * The round closes when everybody has made its attempts, with the mean of what came; where nothing came, everybody goes on.
 *
 * The paper divides by Σ p_i·B_i, the expected number of gradients; here it is the number that came.
 */
import { isLiving } from '../member.js';
import type { WorkerId } from '../events.js';
import type { PolicyDefinition, RoundView } from '../policy.js';
import { countOf, noCounts, withCount, type WorkerCounts } from '../worker-counts.js';

/** Attempts that overran their limit in the open round. */
interface Overruns {
  readonly counts: WorkerCounts;
  /** Whose came last. */
  readonly last: WorkerId;
}

const none: Overruns = { counts: noCounts, last: 0 };

export const mindflayer: PolicyDefinition = {
  name: 'mindflayer',
  title: 'MindFlayer SGD',
  summary:
    'each worker makes B attempts at the current model, each within a time limit; then the mean of what came',
  source: 'arXiv 2410.04285',
  uses: ['timeLimit', 'trials'],
  counts: 'mini-batches',
  create: ({ timeLimit, trials }) => ({
    name: 'mindflayer',
    counts: 'mini-batches',
    initial: () => none,
    waitCount: (_overruns, { workers }) => ({ value: workers * trials, reason: 'all attempts' }),
    // Who makes more attempts because nothing has come yet is not to carry one over the commit.
    maxStaleness: () => 1,
    timeLimit: () => timeLimit,
    overran: ({ counts }: Overruns, worker) => ({
      counts: withCount(counts, worker, (countOf(counts, worker) ?? 0) + 1),
      last: worker,
    }),
    pause(overruns: Overruns, worker, view) {
      if (view.contributions.length === 0 || made(overruns, worker, view) < trials) return null;
      return `attempt ${trials} of ${trials} made`;
    },
    waitsFor: (_overruns, { version, contributions }) => `${version}${contributions.length === 0}`,
    isFull(overruns: Overruns, view) {
      const { members, contributions } = view;
      // Others than those there are not waited for.
      const isWaitedFor = (worker: WorkerId): boolean => {
        const member = members[worker % members.length];
        return member !== undefined && isLiving(member) && made(overruns, member.worker, view) < trials;
      };
      // From those on who came last: where workers come in their order, the next one is found at once.
      const last = contributions.at(-1)?.worker ?? 0;
      for (let step = 1; step <= members.length; step += 1) {
        if (isWaitedFor(last + step) || isWaitedFor(overruns.last + step)) return false;
      }
      return true;
    },
    committed: () => none,
  }),
};

/** Attempts of the worker in the open round. */
function made({ counts }: Overruns, worker: WorkerId, view: Pick<RoundView, 'heldOf'>): number {
  return view.heldOf(worker) + (countOf(counts, worker) ?? 0);
}
