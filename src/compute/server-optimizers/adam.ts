/** FedAdam (arXiv 2003.00295): v ← β2·v + (1 − β2)·Δ². */
import { adaptive } from './adaptive.js';
import type { ServerOptimizerDefinition } from './server-optimizer.js';

export const adam: ServerOptimizerDefinition = {
  name: 'adam',
  summary: 'w + η_g · m / (√v + τ), v the mean of squares',
  source: 'arXiv 2003.00295',
  learningRate: 0.01,
  uses: ['serverLearningRate', 'serverMomentum', 'serverBeta2', 'serverEpsilon'],
  create: (settings, size) =>
    adaptive(settings, size, (v, squared, beta2) => beta2 * v + (1 - beta2) * squared),
};
