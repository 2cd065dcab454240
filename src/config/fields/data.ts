/** What is learnt, and how its examples are shared out. */
import { z } from 'zod';
import { datasetForms } from '../known-names.js';
import { formatPartition, parsePartition } from '../../data/partitions/partition-spec.js';
import { parsedBy } from '../parsed-by.js';
import { settingNotes } from '../setting-notes.js';

export const dataFields = {
  dataset: z
    .string()
    .default('cifar10')
    .describe('what is learnt; fetched into the cache when it is not there')
    .register(settingNotes, {
      topic: 'Data',
      value: 'NAME',
      allowed: datasetForms,
    }),
  partition: z
    .string()
    .transform(parsedBy((text: string) => formatPartition(parsePartition(text))))
    .prefault('iid')
    .describe(
      "how the training examples are shared out among the workers: at random, with Dirichlet-distributed classes, or C classes' shards each",
    )
    .register(settingNotes, {
      topic: 'Data',
      value: 'HOW',
      allowed: 'iid, dirichlet:ALPHA with ALPHA above 0, or shards:C with C an integer of at least 1',
    }),
  repartition: z
    .boolean()
    .default(false)
    .describe(
      'share the training examples of workers that are gone for good out among the others; they get them back if they return',
    )
    .register(settingNotes, { topic: 'Data' }),
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
