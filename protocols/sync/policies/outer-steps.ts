/**
 * Local SGD with a momentum step at the server, whose optimizer is the method: a policy that is Local SGD or asynchronous SGD,
 * and settings of the server's optimizer that make it the published one unless they are given.
 */
import type { PolicyDefinition } from '../policy.js';
import { allWorkers, everyUpdate, fixedWait } from './fixed-wait.js';

export const diloco: PolicyDefinition = {
  name: 'diloco',
  title: 'DiLoCo',
  summary: 'all workers, U local steps each, then an outer Nesterov step over the mean',
  source: 'arXiv 2311.08105',
  uses: [],
  defaults: { serverOptimizer: 'nesterov', serverLearningRate: 0.7, serverMomentum: 0.9 },
  create: () => fixedWait('diloco', allWorkers),
};

export const delayedNesterov: PolicyDefinition = {
  name: 'delayed-nesterov',
  title: 'Asynchronous Local SGD with delayed Nesterov momentum',
  summary: 'every update at once; the outer momentum moves with every N-th',
  source: 'arXiv 2401.09135',
  uses: [],
  defaults: { serverOptimizer: 'delayed-nesterov', serverLearningRate: 0.7, serverMomentum: 0.9 },
  create: () => ({ ...everyUpdate, name: 'delayed-nesterov' }),
};
