/** Trains a noisy objective in simulated time: the real simulator, engine, policies and parameter store. */
import assert from 'node:assert/strict';
import { findPolicy } from '../../protocols/sync/registry.js';
import { type PolicySettingsInput, resolvePolicySettings } from '../../protocols/sync/settings.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { createLookAhead } from '../../src/simulator/look-ahead.js';
import { createNetwork, noNetwork } from '../../src/simulator/network.js';
import { Simulation } from '../../src/simulator/simulation.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';
import { localSteps, type NoisyObjective } from './noisy-objective.js';

export interface ObjectiveRun {
  readonly objective: NoisyObjective;
  readonly policy: string;
  readonly settings: PolicySettingsInput & { readonly workers: number };
  /** U. */
  readonly localSteps: number;
  /** Where every coordinate begins. */
  readonly start: number;
  /** Law of task times. Default: exponential. */
  readonly law?: string;
  /** T: versions that are made. */
  readonly rounds: number;
  /** Called with w^0, …, w^{T−1}. */
  readonly visit: (weights: Float32Array, version: number) => void;
}

/** What the engine did on the way. */
export interface ObjectiveResult {
  /** Staleness of the stalest update applied. */
  readonly mostStale: number;
  readonly restarts: number;
  /** K^t of the last round. */
  readonly lastWaitCount: number;
}

export async function runObjective(run: ObjectiveRun): Promise<ObjectiveResult> {
  const { objective, settings, rounds, visit, law = 'exponential' } = run;
  const { workers } = settings;
  const policy = findPolicy(run.policy)?.create(resolvePolicySettings(settings));
  assert.ok(policy, `no policy ${run.policy}`);
  const store = createParameterStore(new Float32Array(objective.curves.length).fill(run.start));
  const lookAhead = createLookAhead({
    threads: 1,
    run: (task) => Promise.resolve(localSteps(objective, task)),
  });
  const result = { mostStale: 0, restarts: 0, lastWaitCount: 0 };
  visit(store.current(), 0);
  const simulation = new Simulation({
    engine: { policy, workers, localSteps: run.localSteps, maxRounds: rounds, stalenessVector: false },
    taskTimes: createTaskTimes(parseStraggler(law), { workers, seed: objective.seed }),
    network: createNetwork(noNetwork),
    messageBytes: 0,
    training: { lookAhead, store },
    batchSize: 1,
    until: null,
    onStep({ effects }) {
      for (const effect of effects) {
        if (effect.type === 'cancel') result.restarts += 1;
        if (effect.type !== 'commit') continue;
        result.lastWaitCount = effect.waitCount;
        for (const { staleness } of effect.contributions) {
          result.mostStale = Math.max(result.mostStale, staleness);
        }
        if (effect.version < rounds) visit(store.current(), effect.version);
      }
    },
  });
  const { code } = await simulation.run();
  assert.equal(code, null);
  return result;
}
