/** FedYogi (arXiv 2003.00295): v ← v − (1 − β2)·Δ²·sign(v − Δ²). A large v falls by at most a share of Δ², where Adam's forgets
 *  at a rate of its own: after a run of small steps the next large one is still held back. */
import { adaptive } from './adaptive.js';
import type { ServerOptimizerDefinition } from './server-optimizer.js';

export const yogi: ServerOptimizerDefinition = {
  name: 'yogi',
  summary: 'as adam, v moving towards the square of the step by a share of that square',
  source: 'arXiv 2003.00295',
  learningRate: 0.01,
  uses: ['serverLearningRate', 'serverMomentum', 'serverBeta2', 'serverEpsilon'],
  create: (settings, size) =>
    adaptive(settings, size, (v, squared, beta2) => v - (1 - beta2) * squared * Math.sign(v - squared)),
};
