/** Which policy, and its settings (their schema is the policies' own). */
import { z } from 'zod';
import { policyNames } from '../../../protocols/sync/registry.js';
import { policySettingsSchema } from '../../../protocols/sync/settings.js';
import { allowedPolicies } from '../policy-names.js';
import { settingNotes } from '../setting-notes.js';

const shape = policySettingsSchema.shape;
shape.workers.register(settingNotes, { topic: 'Fleet', value: 'N' });
shape.k0.register(settingNotes, { topic: 'Policy', value: 'K' });
shape.a.register(settingNotes, { topic: 'Policy', value: 'A' });
shape.waitCount.register(settingNotes, { topic: 'Policy', value: 'K' });
shape.maxStaleness.register(settingNotes, { topic: 'Policy', value: 'T' });
shape.kRounding.register(settingNotes, { topic: 'Policy', value: 'RULE' });
shape.kMonotone.register(settingNotes, { topic: 'Policy', off: 'K^t falls again when the loss rises' });
shape.lossSmoothing.register(settingNotes, { topic: 'Policy', value: 'X' });
shape.threshold.register(settingNotes, { topic: 'Policy', value: 'RULE' });
shape.stalenessTest.register(settingNotes, { topic: 'Policy', value: 'TEST' });
shape.mixing.register(settingNotes, { topic: 'Policy', value: 'ALPHA' });
shape.stalenessWeight.register(settingNotes, { topic: 'Policy', value: 'RULE' });
shape.stalenessExponent.register(settingNotes, { topic: 'Policy', value: 'X' });
shape.hingeDelay.register(settingNotes, { topic: 'Policy', value: 'N' });
shape.hingeSlope.register(settingNotes, { topic: 'Policy', value: 'X' });
shape.compensation.register(settingNotes, { topic: 'Policy', value: 'LAMBDA' });
shape.timeLimit.register(settingNotes, { topic: 'Policy', value: 'TIME' });
shape.trials.register(settingNotes, { topic: 'Policy', value: 'B' });

export const policyFields = {
  policy: z
    .string()
    .default('abs')
    .describe('when a round closes, what an update weighs, who restarts')
    .register(settingNotes, { topic: 'Policy', value: 'NAME', allowed: allowedPolicies(policyNames) }),
  ...shape,
};
