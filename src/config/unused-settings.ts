/** Settings that were given and change nothing: their user should hear of it, since a comparison may rest on them. */
import type { PolicyDefinition } from '../../protocols/sync/policy.js';
import { serverOptimizers } from '../compute/server-optimizers/registry.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import { policySettingsSchema } from '../../protocols/sync/settings.js';
import { apiOrigin, type Origin } from './origin.js';
import type { RunMode } from './run-mode.js';
import { findSetting } from './settings.js';
import type { TrainConfig } from './resolve.js';

/** Settings that only training reads. */
const ofTraining = new Set([
  'localOptimizer',
  'learningRate',
  'engine',
  'threads',
  'serverOptimizer',
  'serverLearningRate',
  'serverMomentum',
  'serverBeta2',
  'serverEpsilon',
  'serverPeriod',
  'skipNonFinite',
  'evalEvery',
  'evalEveryTime',
  'evalSamples',
  'targetAccuracy',
]);

/** Settings of which each server optimizer reads some. */
const ofServerOptimizers = new Set<string>(Object.values(serverOptimizers).flatMap(({ uses }) => uses));

/** What follows K^t when it moves. */
const ofAdaptiveWaitCount = new Set(['kRounding', 'kMonotone', 'lossSmoothing']);

/** Settings of one rule for s(τ). */
const weightRules: Readonly<Record<string, TrainConfig['stalenessWeight']>> = {
  stalenessExponent: 'polynomial',
  hingeDelay: 'hinge',
  hingeSlope: 'hinge',
};

/**
 * One line for each.
 * @param said what the user gave
 * @param config what became of it
 */
export function unusedSettings(
  said: object,
  config: TrainConfig,
  origin: Origin = apiOrigin,
  policy: PolicyDefinition | undefined = findPolicy(config.policy),
  mode: RunMode = 'live',
): readonly string[] {
  return reasonsUnused(said, config, origin, policy, mode).map(({ setting, why }) =>
    noEffect(setting, why, origin),
  );
}

export interface UnusedSetting {
  readonly setting: string;
  readonly why: string;
}

/** The same as names and reasons. */
export function reasonsUnused(
  said: object,
  config: TrainConfig,
  origin: Origin,
  policy: PolicyDefinition | undefined,
  mode: RunMode,
): readonly UnusedSetting[] {
  const given = new Set(Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : [name])));
  return [...given].flatMap((setting) => {
    const why = outOfMode(setting, mode) ?? whyUnused(setting, given, config, policy, origin);
    return why === null ? [] : [{ setting, why }];
  });
}

export function noEffect(setting: string, why: string, origin: Origin): string {
  return `${origin.nameOf(setting)} has no effect: ${why}`;
}

function outOfMode(name: string, mode: RunMode): string | null {
  const { only = mode, topic } = findSetting(name) ?? {};
  if (only === mode) return null;
  if (only === 'live') return 'time is simulated';
  return topic === 'Comparison' ? 'only simulate compares' : 'only simulated time has such a network';
}

function whyUnused(
  name: string,
  given: ReadonlySet<string>,
  { compute, threshold, stalenessWeight, serverOptimizer, roundDeadline }: TrainConfig,
  policy: PolicyDefinition | undefined,
  origin: Origin,
): string | null {
  if (compute === 'none' && ofTraining.has(name))
    return `with ${origin.nameOf('compute')} none nothing is trained`;
  if (name === 'whenShort' && roundDeadline === null)
    return `without ${origin.nameOf('roundDeadline')} no round closes short`;
  if (ofServerOptimizers.has(name)) {
    const reads = new Set<string>(serverOptimizers[serverOptimizer].uses);
    return reads.has(name) ? null : `the server optimizer ${serverOptimizer} does not use it`;
  }
  if (policy === undefined || name === 'workers' || !Object.hasOwn(policySettingsSchema.shape, name))
    return null;
  const uses = new Set<string>(policy.uses);
  if (!uses.has(name)) return `the policy ${policy.name} does not use it`;
  const constant = uses.has('threshold') && threshold === 'constant';
  if (name === 'a' && constant) return `${origin.nameOf('threshold')} is constant`;
  if (name === 'maxStaleness' && uses.has('threshold') && !constant)
    return `${origin.nameOf('threshold')} is ${threshold}, not constant`;
  if (weightRules[name] !== undefined && weightRules[name] !== stalenessWeight)
    return `${origin.nameOf('stalenessWeight')} is ${stalenessWeight}`;
  if (!given.has('waitCount') || !uses.has('waitCount')) return null;
  // The default of a is a multiple of k0.
  const k0Counts = uses.has('a') && !constant && !given.has('a');
  if ((name === 'k0' && !k0Counts) || ofAdaptiveWaitCount.has(name))
    return `${origin.nameOf('waitCount')} fixes K`;
  return null;
}
