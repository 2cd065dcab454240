/** The step as it is: w ← w + step, which with the usual scale 1/K is the average of the round's deltas (FedAvg, local
 *  SGD; eq. 3 of arXiv 2301.08895). The default. */
import { storedIn } from '../stored-state.js';
import type { ServerOptimizer, ServerOptimizerDefinition } from './server-optimizer.js';

export const plainAveraging: ServerOptimizer = {
  apply(current, step, next) {
    for (let i = 0; i < next.length; i++) next[i] = (current[i] ?? 0) + (step[i] ?? 0);
  },
  ...storedIn({}),
};

export const averaging: ServerOptimizerDefinition = {
  name: 'averaging',
  summary: 'w + step',
  source: 'arXiv 1602.05629, 2301.08895',
  learningRate: 1,
  uses: [],
  create: () => plainAveraging,
};
