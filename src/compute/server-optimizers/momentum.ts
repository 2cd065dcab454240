/** Heavy ball: m ← β·m + step, w ← w + η_g · m (FedAvgM, arXiv 1909.06335; `torch.optim.SGD(lr, momentum)` on the gradient
 *  −step). In the long run a step weighs 1 / (1 − β) times as much as under SGD: ten times for β = 0.9. */
import { storedIn } from '../stored-state.js';
import type { ServerOptimizerDefinition } from './server-optimizer.js';

export const momentum: ServerOptimizerDefinition = {
  name: 'momentum',
  summary: 'm ← β·m + step; w + η_g · m',
  source: 'arXiv 1909.06335',
  learningRate: 1,
  uses: ['serverLearningRate', 'serverMomentum'],
  create({ serverLearningRate: rate, serverMomentum: beta }, size) {
    const velocity = new Float64Array(size);
    return {
      apply(current, step, next) {
        for (let i = 0; i < next.length; i++) {
          const m = beta * (velocity[i] ?? 0) + (step[i] ?? 0);
          velocity[i] = m;
          next[i] = (current[i] ?? 0) + rate * m;
        }
      },
      ...storedIn({ velocity }),
    };
  },
};
