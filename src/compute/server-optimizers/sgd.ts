/** w ← w + η_g · step: the server takes a part of the step, or more than all of it (generalised FedAvg, the server step of
 *  FedBuff, arXiv 2106.06639). With η_g = 1 it is plain averaging, bit for bit. */
import { storedIn } from '../stored-state.js';
import type { ServerOptimizerDefinition } from './server-optimizer.js';

export const sgd: ServerOptimizerDefinition = {
  name: 'sgd',
  summary: 'w + η_g · step',
  source: 'arXiv 2003.00295',
  learningRate: 1,
  uses: ['serverLearningRate'],
  create: ({ serverLearningRate: rate }) => ({
    apply(current, step, next) {
      for (let i = 0; i < next.length; i++) next[i] = (current[i] ?? 0) + rate * (step[i] ?? 0);
    },
    ...storedIn({}),
  }),
};
