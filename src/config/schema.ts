/**
 * Every setting of `train` and `simulate`, with its range, default and description: the one source of the command line's flags, of the
 * keys of YAML files, of the API's fields and of docs/configuration.md. Checks that need more than one setting are in
 * `cross-checks.ts`; `resolveTrainConfig` does it all.
 */
import { z } from 'zod';
import { checkpointFields } from './fields/checkpoint.js';
import { dataFields } from './fields/data.js';
import { policyFields } from './fields/policy.js';
import { networkFields } from './fields/network.js';
import { outputFields, runFields } from './fields/run.js';
import { serverFields } from './fields/server.js';
import { supervisionFields } from './fields/supervision.js';
import { trainingFields } from './fields/training.js';
import { unequalFleetFields } from './fields/unequal-fleet.js';

export const trainConfigSchema = z.strictObject({
  ...policyFields,
  ...serverFields,
  ...trainingFields,
  ...dataFields,
  ...unequalFleetFields,
  ...supervisionFields,
  ...networkFields,
  ...runFields,
  ...outputFields,
  ...checkpointFields,
});

/** As a user may write it: everything may be left out. */
export type TrainConfigInput = z.input<typeof trainConfigSchema>;

/** After the schema, before the defaults that depend on other settings. */
export type ParsedTrainConfig = z.output<typeof trainConfigSchema>;
