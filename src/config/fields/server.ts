/** What the server makes of a round's step. */
import { z } from 'zod';
import { serverOptimizerNames } from '../../../protocols/sync/server-optimizer-names.js';
import { serverOptimizers } from '../../compute/server-optimizers/registry.js';
import { settingNotes } from '../setting-notes.js';

const namesWhere = (holds: (name: (typeof serverOptimizerNames)[number]) => boolean): string =>
  serverOptimizerNames.filter(holds).join(', ');

const rates = [...new Set(Object.values(serverOptimizers).map(({ learningRate }) => learningRate))]
  .map((rate) => `${rate} with ${namesWhere((name) => serverOptimizers[name].learningRate === rate)}`)
  .join('; ');

export const serverFields = {
  serverOptimizer: z
    .enum(serverOptimizerNames)
    .optional()
    .describe('what the server makes of the mean of the deltas of a round; averaging adds it as it is')
    .register(settingNotes, {
      topic: 'Server',
      value: 'NAME',
      default: 'averaging, unless the policy brings its own',
    }),
  serverLearningRate: z
    .number()
    .positive()
    .max(1e6)
    .optional()
    .describe('step size η_g of the server optimizer')
    .register(settingNotes, { topic: 'Server', value: 'ETA', default: rates }),
  serverMomentum: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe('β of momentum, nesterov and delayed-nesterov, β1 of adam and yogi')
    .register(settingNotes, { topic: 'Server', value: 'X', default: '0.9' }),
  serverBeta2: z
    .number()
    .min(0)
    .lt(1)
    .default(0.99)
    .describe('β2 of adam and yogi: weight of the past in the mean of squares')
    .register(settingNotes, { topic: 'Server', value: 'X' }),
  serverEpsilon: z
    .number()
    .positive()
    .max(1e6)
    .default(1e-3)
    .describe('τ of adam and yogi, added to the root of the mean of squares')
    .register(settingNotes, { topic: 'Server', value: 'TAU' }),
  serverPeriod: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('N of delayed-nesterov: rounds per step of its momentum; each round takes 1/N of its step')
    .register(settingNotes, { topic: 'Server', value: 'N', default: 'the number of workers' }),
};
