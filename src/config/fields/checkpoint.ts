/** What a run keeps of itself so that it can be gone on with. */
import { z } from 'zod';
import { settingNotes } from '../setting-notes.js';

export const checkpointFields = {
  checkpointEvery: z
    .int()
    .min(1)
    .nullable()
    .optional()
    .describe(
      'rounds from one checkpoint to the next, and one more when the run is stopped; with 1 no round that anybody has heard of is ever lost',
    )
    .register(settingNotes, { topic: 'Output', value: 'R', default: '50; none in simulated time' }),
  checkpoint: z
    .enum(['dir', 'nats'])
    .default('dir')
    .describe('where checkpoints go: a folder of the run directory, or JetStream')
    .register(settingNotes, { topic: 'Output', value: 'WHERE' }),
  resume: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'go on with this run from its newest intact checkpoint, with its settings; see docs/checkpoints.md for those that may change',
    )
    .register(settingNotes, {
      topic: 'Output',
      value: 'DIR',
      allowed: 'the folder of a run with checkpoints',
    }),
};
