/** Which server optimizer a run has, and its settings: what the user said, else what the policy brings along, else the
 *  optimizer's own defaults. */
import type { PolicyDefinition } from '../../protocols/sync/policy.js';
import {
  type ServerOptimizerName,
  serverOptimizerNames,
} from '../../protocols/sync/server-optimizer-names.js';
import { serverOptimizers } from '../compute/server-optimizers/registry.js';
import type { ServerOptimizerSettings } from '../compute/server-optimizers/server-optimizer.js';
import { shownValue } from '../errors.js';
import { allowedText } from './allowed.js';
import { serverFields } from './fields/server.js';
import type { ParsedTrainConfig } from './schema.js';

export interface ServerSettings extends ServerOptimizerSettings {
  readonly serverOptimizer: ServerOptimizerName;
}

const defaultMomentum = 0.9;

export function serverOptimizerOf(
  { serverOptimizer }: Pick<ParsedTrainConfig, 'serverOptimizer'>,
  defaults: PolicyDefinition['defaults'],
): ServerOptimizerName {
  return serverOptimizer ?? defaults?.serverOptimizer ?? 'averaging';
}

/** What is wrong with what a policy of the user's brings along; null: nothing. */
export function broughtProblem(defaults: NonNullable<PolicyDefinition['defaults']>): string | null {
  const { serverOptimizer = 'averaging', serverLearningRate, serverMomentum } = defaults;
  if (!serverOptimizerNames.includes(serverOptimizer)) {
    return `serverOptimizer ${shownValue(serverOptimizer)}, and it must be one of ${serverOptimizerNames.join(', ')}`;
  }
  const { uses } = serverOptimizers[serverOptimizer];
  const given = { serverLearningRate, serverMomentum };
  for (const name of ['serverLearningRate', 'serverMomentum'] as const) {
    if (given[name] === undefined) continue;
    if (!uses.includes(name)) return `${name}, which the server optimizer ${serverOptimizer} does not use`;
    if (serverFields[name].safeParse(given[name]).success) continue;
    return `${name} ${shownValue(given[name])}, and it must be ${allowedText(serverFields[name])}`;
  }
  return null;
}

export function resolveServerSettings(
  parsed: ParsedTrainConfig,
  defaults: PolicyDefinition['defaults'],
): ServerSettings {
  const serverOptimizer = serverOptimizerOf(parsed, defaults);
  // A policy's rate is for the optimizer that it brings, not for another one of the user's.
  const own = serverOptimizer === (defaults?.serverOptimizer ?? 'averaging') ? defaults : undefined;
  return {
    serverOptimizer,
    serverLearningRate:
      parsed.serverLearningRate ?? own?.serverLearningRate ?? serverOptimizers[serverOptimizer].learningRate,
    serverMomentum: parsed.serverMomentum ?? own?.serverMomentum ?? defaultMomentum,
    serverBeta2: parsed.serverBeta2,
    serverEpsilon: parsed.serverEpsilon,
    serverPeriod: parsed.serverPeriod ?? parsed.workers,
  };
}
