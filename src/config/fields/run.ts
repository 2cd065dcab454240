/** When the run ends and is evaluated, its seed, its name and where its record goes. */
import { z } from 'zod';
import { whenShortChoices } from '../../../protocols/sync/engine-state.js';
import { settingNotes } from '../setting-notes.js';

export const runFields = {
  rounds: z
    .int()
    .min(1)
    .nullable()
    .optional()
    .describe('the run ends after so many rounds')
    .register(settingNotes, {
      topic: 'Run',
      value: 'R',
      default: '1000; none where time or targetAccuracy is given',
    }),
  targetAccuracy: z
    .number()
    .positive()
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'the run ends with the first evaluation at or above this test accuracy; live, rounds go on while it is measured, so the saved model is of a later version',
    )
    .register(settingNotes, { topic: 'Run', value: 'A' }),
  time: z
    .number()
    .positive()
    .max(1e9)
    .nullable()
    .default(null)
    .describe(
      'the run ends with the first round after so many seconds; if none closes within 10 s, or twice the longest round where that is more, it ends without one. In simulated time: at exactly so many time units',
    )
    .register(settingNotes, { topic: 'Run', value: 'SECONDS' }),
  roundDeadline: z
    .number()
    .positive()
    .max(1e6)
    .nullable()
    .default(null)
    .describe(
      'seconds, or time units, after which a round with at least one update closes short of its wait count',
    )
    .register(settingNotes, { topic: 'Run', value: 'SECONDS' }),
  whenShort: z
    .enum(whenShortChoices)
    .default('degrade')
    .describe(
      'what becomes of a round whose roundDeadline passes while fewer workers live than it waits for; degrade: it closes short; wait: it stays open until enough are there again',
    )
    .register(settingNotes, { topic: 'Run', value: 'WHAT' }),
  evalEvery: z
    .int()
    .min(1)
    .nullable()
    .optional()
    .describe('rounds from one evaluation on test examples to the next; none: no evaluations by rounds')
    .register(settingNotes, {
      topic: 'Run',
      value: 'R',
      default: '50; none where evalEveryTime is given',
    }),
  evalEveryTime: z
    .number()
    .positive()
    .max(1e9)
    .nullable()
    .default(null)
    .describe(
      'the model that is in force is evaluated every so many seconds, or time units; runs of a comparison are then measured at the same times',
    )
    .register(settingNotes, { topic: 'Run', value: 'SECONDS' }),
  evalSamples: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('test examples per evaluation, the first ones; the final evaluation takes all')
    .register(settingNotes, { topic: 'Run', value: 'M', default: 'all' }),
  seed: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(1)
    .describe('origin of every random number: initial weights, batches, partitions, task times')
    .register(settingNotes, { topic: 'Run', value: 'S', allowed: 'an integer from 0 to 2^53 − 1' }),
  run: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .nullable()
    .default(null)
    .describe("the run's name in messages and in runs/")
    .register(settingNotes, {
      topic: 'Run',
      value: 'ID',
      allowed: '1 to 64 letters, digits, - and _',
      default: 'made from policy and start time',
    }),
};

export const outputFields = {
  out: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('run directory: a folder without a run')
    .register(settingNotes, {
      topic: 'Output',
      value: 'DIR',
      allowed: 'the path of a folder',
      default: 'runs/ID',
    }),
  json: z
    .boolean()
    .default(false)
    .describe('print the summary as JSON on standard output, and everything else on standard error')
    .register(settingNotes, { topic: 'Output' }),
};
