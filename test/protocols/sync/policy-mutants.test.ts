/**
 * The checks of traces know what each registered policy is to decide: a policy that waits for, weighs, pauses or limits otherwise
 * than its paper says is found, here by putting another in its place.
 */
import { describe } from 'mocha';
import { findPolicy } from '../../../protocols/sync/registry.js';
import { type PolicySettingsInput, resolvePolicySettings } from '../../../protocols/sync/settings.js';
import { itFindsEach, type Mutant } from '../../support/engine-mutants.js';

/** The policy, with another in its place. */
function replaced(policy: string, by: string, settings: PolicySettingsInput, found: RegExp): Mutant {
  const stranger = policy === by ? `by other settings ${JSON.stringify(settings)}` : `as ${by} does`;
  return {
    breaks: `decides ${stranger} for ${policy}`,
    found,
    policy,
    options: (options) => {
      const resolved = resolvePolicySettings({ workers: options.workers, ...settings });
      const other = findPolicy(by)?.create(resolved);
      return other === undefined ? options : { ...options, policy: other };
    },
  };
}

const fullness = /a full round is kept open|closed before it was full/;

describe('policies: checks', () => {
  itFindsEach([
    replaced('k-batch-sync', 'k-batch-sync', { waitCount: 11 }, fullness),
    replaced('k-batch-sync', 'k-batch-async', { waitCount: 3 }, /τ_max is not what the settings say/),
    replaced('k-batch-async', 'k-async', { waitCount: 3 }, /is forgotten/),
    replaced('rennala', 'k-batch-async', { waitCount: 3 }, /the weight of .* is 1, not NaN/),
    replaced('ringmaster', 'ringmaster', { maxStaleness: 9 }, /the weight of .* is 1, not NaN/),
    replaced('ringmaster', 'ringmaster', { maxStaleness: 1 }, /it was admitted/),
    replaced('ringmaster-stops', 'ringmaster-stops', { maxStaleness: 9 }, /τ_max is not what/),
    replaced('fedasync', 'fedasync', { mixing: 0.5 }, /the weight of .* is /),
    replaced('fedbuff', 'fedbuff', { waitCount: 3, stalenessExponent: 7 }, /the weight of .* is /),
    replaced('ssp', 'ssp', { maxStaleness: 7 }, /goes on, but is to wait/),
    replaced('ssp', 'ssp', { maxStaleness: 1 }, /is paused for nothing/),
    replaced('ssp', 'asgd', {}, /goes on, but is to wait/),
    replaced('mindflayer', 'mindflayer', { timeLimit: 9 }, /the limit of task:/),
    replaced('mindflayer', 'mindflayer', { timeLimit: 2, trials: 9 }, /goes on, but is to wait/),
    replaced('mindflayer', 'k-batch-sync', { waitCount: 3 }, /the time limit of worker/),
    replaced('ringleader', 'k-batch-async', { waitCount: 3 }, fullness),
    replaced('ringleader', 'local-sgd', {}, /is forgotten/),
    replaced('ada-k-sync', 'ada-sync', {}, /τ_max is not what/),
    replaced('diloco', 'k-async', { waitCount: 1 }, fullness),
    replaced('delayed-nesterov', 'k-async', { waitCount: 2 }, fullness),
    replaced('sa-k-async', 'k-async', { waitCount: 2 }, /the weight of .* is 1, not 0\.5/),
    replaced('sa-fedasync', 'fedasync', {}, /the weight of .* is /),
  ]);
});
