/**
 * MindFlayer SGD (arXiv 2410.04285): each worker makes B attempts at a gradient at the current model, each within a time limit;
 * what overruns it is discarded and the next attempt begun afresh, so that no round waits for the tail of a heavy-tailed law.
 * The round closes when everybody has made its attempts, with the mean of what came; where nothing came, everybody goes on.
 *
 * The paper divides by Σ p_i·B_i, the expected number of gradients; here it is the number that came.
 */
import type { WorkerId } from '../events.js';
import type { MemberStatus, PolicyDefinition } from '../policy.js';

/** Attempts that overran their limit in the open round, by worker. */
type Overruns = Readonly<Record<string, number>>;

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
    initial: (): Overruns => ({}),
    waitCount: (_overruns, { workers }) => ({ value: workers * trials, reason: 'all attempts' }),
    // Who makes more attempts because nothing has come yet is not to carry one over the commit.
    maxStaleness: () => 1,
    timeLimit: () => timeLimit,
    overran: (overruns: Overruns, worker) => ({ ...overruns, [worker]: (overruns[worker] ?? 0) + 1 }),
    pause(overruns: Overruns, worker, { contributions }) {
      if (contributions.length === 0) return null;
      const given = contributions.filter((contribution) => contribution.worker === worker).length;
      const made = given + (overruns[worker] ?? 0);
      return made >= trials ? `attempt ${trials} of ${trials} made` : null;
    },
    isFull(overruns: Overruns, { members, contributions }) {
      const given = new Map<WorkerId, number>();
      for (const { worker } of contributions) given.set(worker, (given.get(worker) ?? 0) + 1);
      return members.every(
        ({ worker, status }) =>
          !isThere(status) || (given.get(worker) ?? 0) + (overruns[worker] ?? 0) >= trials,
      );
    },
    committed: (): Overruns => ({}),
  }),
};

/** Others are not waited for. */
function isThere(status: MemberStatus): boolean {
  return status === 'computing' || status === 'idle' || status === 'paused';
}
