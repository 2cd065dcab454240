/** m ← β·m + step, w ← w + η_g · (step + β·m): the outer step of DiLoCo (arXiv 2311.08105, η_g = 0.7, β = 0.9), which is
 *  `torch.optim.SGD(lr, momentum, nesterov=True)` on the gradient −step. */
import { storedIn } from '../stored-state.js';
import type { ServerOptimizerDefinition } from './server-optimizer.js';

export const nesterov: ServerOptimizerDefinition = {
  name: 'nesterov',
  summary: 'm ← β·m + step; w + η_g · (step + β·m)',
  source: 'arXiv 2311.08105',
  learningRate: 0.7,
  uses: ['serverLearningRate', 'serverMomentum'],
  create({ serverLearningRate: rate, serverMomentum: beta }, size) {
    const velocity = new Float64Array(size);
    return {
      apply(current, step, next) {
        for (let i = 0; i < next.length; i++) {
          const s = step[i] ?? 0;
          const m = beta * (velocity[i] ?? 0) + s;
          velocity[i] = m;
          next[i] = (current[i] ?? 0) + rate * (s + beta * m);
        }
      },
      ...storedIn({ velocity }),
    };
  },
};
