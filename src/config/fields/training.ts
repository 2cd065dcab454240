/** What the workers compute, and with what. */
import { z } from 'zod';
import { backendChoices } from '../../compute/backend.js';
import { engineChoices } from '../../compute/engine-choice.js';
import { modelForms } from '../known-names.js';
import { settingNotes } from '../setting-notes.js';

export const trainingFields = {
  localSteps: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('U: steps that a worker takes from one model before it uploads')
    .register(settingNotes, { topic: 'Training', value: 'U', default: '10; 1 with policy sync' }),
  batchSize: z
    .int()
    .min(1)
    .max(65_536)
    .default(32)
    .describe('B: examples per local step; at most the smallest partition')
    .register(settingNotes, { topic: 'Training', value: 'B' }),
  learningRate: z
    .number()
    .positive()
    .max(1e6)
    .default(0.1)
    .describe('step size η of the local optimizer')
    .register(settingNotes, { topic: 'Training', value: 'ETA' }),
  localOptimizer: z
    .enum(['sgd', 'momentum', 'adam'])
    .default('sgd')
    .describe('optimizer of the local steps; its state starts afresh with every task')
    .register(settingNotes, { topic: 'Training', value: 'NAME' }),
  model: z.string().default('lenet').describe('the network').register(settingNotes, {
    topic: 'Training',
    value: 'NAME',
    allowed: modelForms,
  }),
  backend: z
    .enum(backendChoices)
    .default('auto')
    .describe('what computes; auto: tensorflow where it works, else wasm')
    .register(settingNotes, { topic: 'Training', value: 'NAME' }),
  engine: z
    .enum(engineChoices)
    .default('auto')
    .describe(
      'what carries out training steps; auto: a plan compiled for the model where it has one, else TensorFlow.js',
    )
    .register(settingNotes, { topic: 'Training', value: 'NAME' }),
  compute: z
    .enum(['gradients', 'none'])
    .default('gradients')
    .describe(
      'gradients: the workers train; none: timing only, messages have their true size but nothing is trained, evaluated or saved, and the loss is 1, so that adaptive wait counts stay at K^0',
    )
    .register(settingNotes, { topic: 'Training', value: 'WHAT' }),
  threads: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('compute threads, shared by all workers of the process')
    .register(settingNotes, { topic: 'Training', value: 'N', default: 'one per core' }),
  skipNonFinite: z
    .boolean()
    .default(false)
    .describe(
      'refuse an update with a NaN or infinite value and go on, instead of ending the run; it ends when nothing else comes any more',
    )
    .register(settingNotes, { topic: 'Training' }),
  maxUpdateNorm: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      'longest delta that is accepted, by its L2 norm over the trained weights; a longer one is refused and named, and the run ends when nothing else comes any more',
    )
    .register(settingNotes, { topic: 'Training', value: 'L' }),
};
