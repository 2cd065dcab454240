/** What is learnt, and how its examples are shared out. */
import { z } from 'zod';
import { datasetNames } from '../known-names.js';
import { isPartition, partitionForms } from '../partition.js';
import { settingNotes } from '../setting-notes.js';

export const dataFields = {
  dataset: z
    .string()
    .default('cifar10')
    .describe('what is learnt; fetched into the cache when it is not there')
    .register(settingNotes, {
      topic: 'Data',
      value: 'NAME',
      allowed: `one of ${datasetNames.join(', ')}, or the path of a module that exports loadDataset`,
    }),
  partition: z
    .string()
    .refine(isPartition)
    .default('iid')
    .describe(
      "how the training examples are shared out among the workers: at random, with Dirichlet-distributed classes, or C classes' shards each",
    )
    .register(settingNotes, { topic: 'Data', value: 'HOW', allowed: partitionForms }),
  dataDir: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('folder of the data cache')
    .register(settingNotes, {
      topic: 'Data',
      value: 'DIR',
      allowed: 'the path of a folder',
      default: 'STALEWART_DATA, else a cache folder of the user',
    }),
};
