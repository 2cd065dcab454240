/**
 * Nesterov's momentum for asynchronous updates (arXiv 2401.09135, Algorithm 3, with its momentum activation c = 0). Every
 * commit, with the pseudo-gradient g = −step: Δ ← Δ + g. Every N-th: m ← β·m + Δ/N, w ← w − η_g · (β·m + g/N), Δ ← 0; the
 * others: w ← w − η_g · g/N.
 *
 * So N commits together make one Nesterov step on their mean, and a stale update never builds momentum by itself. It is made
 * for rounds of one update; N is then the number of workers. With N = 1 it is `nesterov`, bit for bit.
 */
import { storedIn } from '../stored-state.js';
import type { ServerOptimizerDefinition } from './server-optimizer.js';

export const delayedNesterov: ServerOptimizerDefinition = {
  name: 'delayed-nesterov',
  summary: 'w + η_g · step/N; at every N-th commit m ← β·m + mean of N steps, and η_g · β·m on top',
  source: 'arXiv 2401.09135',
  learningRate: 0.7,
  uses: ['serverLearningRate', 'serverMomentum', 'serverPeriod'],
  create({ serverLearningRate: rate, serverMomentum: beta, serverPeriod: period }, size) {
    const velocity = new Float64Array(size);
    const buffer = new Float64Array(size);
    /** Commits since the last step of the momentum. */
    const since = { commits: 0 };
    return {
      apply(current, step, next) {
        since.commits += 1;
        const full = since.commits >= period;
        if (full) since.commits = 0;
        for (let i = 0; i < next.length; i++) {
          const s = step[i] ?? 0;
          const sum = (buffer[i] ?? 0) + s;
          buffer[i] = full ? 0 : sum;
          if (!full) {
            next[i] = (current[i] ?? 0) + rate * (s / period);
            continue;
          }
          const m = beta * (velocity[i] ?? 0) + sum / period;
          velocity[i] = m;
          next[i] = (current[i] ?? 0) + rate * (s / period + beta * m);
        }
      },
      ...storedIn({ velocity, buffer }, since),
    };
  },
};
