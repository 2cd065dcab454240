/** Takes a server optimiser through a list of steps. */
import type { ServerOptimizerName } from '../../../protocols/sync/server-optimizer-names.js';
import { serverOptimizers } from '../../../src/compute/server-optimizers/registry.js';
import type {
  ServerOptimizer,
  ServerOptimizerSettings,
} from '../../../src/compute/server-optimizers/server-optimizer.js';

export type Settings = Partial<ServerOptimizerSettings>;

export function createOptimizer(
  name: ServerOptimizerName,
  settings: Settings,
  size: number,
): ServerOptimizer {
  const defaults = {
    serverLearningRate: serverOptimizers[name].learningRate,
    serverMomentum: 0.9,
    serverBeta2: 0.99,
    serverEpsilon: 1e-3,
    serverPeriod: 2,
  };
  return serverOptimizers[name].create({ ...defaults, ...settings }, size);
}

/** The weights after each step. */
export function takeSteps(
  optimizer: ServerOptimizer,
  start: Float32Array,
  steps: readonly (readonly number[])[],
): Float32Array[] {
  let current = start;
  return steps.map((step) => {
    const next = new Float32Array(start.length);
    optimizer.apply(current, Float64Array.from(step), next);
    current = next;
    return next;
  });
}

export function runOptimizer(
  name: ServerOptimizerName,
  settings: Settings,
  start: readonly number[],
  steps: readonly (readonly number[])[],
): Float32Array[] {
  return takeSteps(createOptimizer(name, settings, start.length), Float32Array.from(start), steps);
}
