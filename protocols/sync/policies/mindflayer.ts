/**
 * MindFlayer SGD (arXiv 2410.04285): each worker makes B attempts at a gradient at the current model, each within a time limit;
 * what overruns it is discarded and the next attempt begun afresh, so that no round waits for the tail of a heavy-tailed law.
 * The round closes when everybody has made its attempts, with the mean of what came; where nothing came, everybody goes on.
 *
 * The paper divides by Σ p_i·B_i, the expected number of gradients; here it is the number that came.
 */
import { isLiving } from '../member.js';
import type { PolicyDefinition } from '../policy.js';
import { countOf, noCounts, withCount, type WorkerCounts } from '../worker-counts.js';

export const mindflayer: PolicyDefinition = {
  name: 'mindflayer',
  title: 'MindFlayer SGD',
  summary:
    'each worker makes B attempts at the current model, each within a time limit; then the mean of what came',
  source: 'arXiv 2410.04285',
  uses: ['timeLimit', 'trials'],
  counts: 'mini-batches',
  // The state: attempts that overran their limit in the open round, by worker.
  create: ({ timeLimit, trials }) => ({
    name: 'mindflayer',
    counts: 'mini-batches',
    initial: () => noCounts,
    waitCount: (_overruns, { workers }) => ({ value: workers * trials, reason: 'all attempts' }),
    // Who makes more attempts because nothing has come yet is not to carry one over the commit.
    maxStaleness: () => 1,
    timeLimit: () => timeLimit,
    overran: (overruns: WorkerCounts, worker) =>
      withCount(overruns, worker, (countOf(overruns, worker) ?? 0) + 1),
    pause(overruns: WorkerCounts, worker, view) {
      if (view.contributions.length === 0) return null;
      const made = view.heldOf(worker) + (countOf(overruns, worker) ?? 0);
      return made >= trials ? `attempt ${trials} of ${trials} made` : null;
    },
    waitsFor: (_overruns, { version, contributions }) => `${version}${contributions.length === 0}`,
    isFull(overruns: WorkerCounts, view) {
      const { members, contributions } = view;
      // Others are not waited for. From whoever came last on, so that where all come in their order one look is enough.
      const from = contributions.at(-1)?.worker ?? 0;
      for (let step = 1; step <= members.length; step += 1) {
        const member = members[(from + step) % members.length];
        if (member === undefined || !isLiving(member)) continue;
        const { worker } = member;
        if (view.heldOf(worker) + (countOf(overruns, worker) ?? 0) < trials) return false;
      }
      return true;
    },
    committed: () => noCounts,
  }),
};
