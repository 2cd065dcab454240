/**
 * What `simulate` is to compare. These are settings of a comparison, not of a run: `src/run/compare-options.ts` makes runs of
 * them, and no run's configuration has them.
 */
import { z } from 'zod';
import { settingNotes } from '../setting-notes.js';

export const comparisonFields = {
  compare: z
    .union([z.string(), z.array(z.unknown())])
    .nullable()
    .optional()
    .describe(
      'run each of these policies on the same weights, data, partitions and task times; in a file also maps, with settings for that entry alone',
    )
    .register(settingNotes, {
      topic: 'Comparison',
      value: 'P1,P2,…',
      allowed:
        'names of policies, such as abs,ada-sync, or a list of names and maps such as { policy: abs, a: 8 }',
      default: 'none',
      only: 'simulated',
    }),
  seeds: z
    .union([z.number(), z.string(), z.array(z.number())])
    .nullable()
    .optional()
    .describe('how many seeds each is run with, from seed on, or which')
    .register(settingNotes, {
      topic: 'Comparison',
      value: 'N',
      allowed: 'an integer from 1 to 1000, or a list of different seeds such as 1,2,5',
      default: '1',
      only: 'simulated',
    }),
};
