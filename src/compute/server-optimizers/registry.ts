/** Every server optimiser by its name. Adding one is a file, its test, its name in
 *  `protocols/sync/server-optimizer-names.ts` and a line here; settings, help and checks pick it up. */
import type { ServerOptimizerName } from '../../../protocols/sync/server-optimizer-names.js';
import { adam } from './adam.js';
import { averaging } from './averaging.js';
import { delayedNesterov } from './delayed-nesterov.js';
import { momentum } from './momentum.js';
import { nesterov } from './nesterov.js';
import type { ServerOptimizerDefinition } from './server-optimizer.js';
import { sgd } from './sgd.js';
import { yogi } from './yogi.js';

export const serverOptimizers: Readonly<Record<ServerOptimizerName, ServerOptimizerDefinition>> = {
  averaging,
  sgd,
  momentum,
  nesterov,
  adam,
  yogi,
  'delayed-nesterov': delayedNesterov,
};
