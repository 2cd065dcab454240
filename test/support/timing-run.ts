/**
 * Many rounds in simulated time without gradients: the real simulator, engine, policies and laws of task times. What it keeps
 * of them is what theory speaks of: how long rounds last, and how stale updates are.
 */
import assert from 'node:assert/strict';
import { findPolicy } from '../../protocols/sync/registry.js';
import { type PolicySettingsInput, resolvePolicySettings } from '../../protocols/sync/settings.js';
import { createNetwork, noNetwork } from '../../src/simulator/network.js';
import { Simulation } from '../../src/simulator/simulation.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { parseSlowdown } from '../../src/stragglers/slowdown.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';

export interface TimingRun {
  readonly policy: string;
  readonly settings: PolicySettingsInput & { readonly workers: number };
  /** Law of task times, as `--straggler` takes it. */
  readonly law: string;
  /** As `--slowdown` takes it. Default: none. */
  readonly slowdown?: string;
  readonly rounds: number;
  readonly seed: number;
}

/** What came of one worker's updates. */
export interface AppliedUpdates {
  count: number;
  /** Sum of their staleness, in versions. */
  staleness: number;
  /** Version that the last of them made. */
  lastVersion: number;
}

export interface TimingResult {
  /** Time from each commit to the next, the first one from 0. */
  readonly durations: Float64Array;
  /** Indexed by worker. */
  readonly applied: readonly AppliedUpdates[];
  /** Of any update applied. */
  readonly mostStale: number;
}

export async function runTiming({
  policy: name,
  settings,
  law,
  slowdown,
  rounds,
  seed,
}: TimingRun): Promise<TimingResult> {
  const { workers } = settings;
  const policy = findPolicy(name)?.create(resolvePolicySettings(settings));
  assert.ok(policy, `no policy ${name}`);
  const durations = new Float64Array(rounds);
  const applied = Array.from({ length: workers }, () => ({ count: 0, staleness: 0, lastVersion: 0 }));
  let mostStale = 0;
  let committedAt = 0;
  const simulation = new Simulation({
    engine: { policy, workers, localSteps: 1, maxRounds: rounds, stalenessVector: false },
    taskTimes: createTaskTimes(parseStraggler(law), {
      workers,
      seed,
      slowdown: slowdown === undefined ? {} : parseSlowdown(slowdown),
    }),
    network: createNetwork(noNetwork),
    messageBytes: 0,
    training: null,
    batchSize: 1,
    until: null,
    onStep({ event: { time }, effects }) {
      for (const effect of effects) {
        if (effect.type !== 'commit') continue;
        const { version, contributions } = effect;
        durations[version - 1] = time - committedAt;
        committedAt = time;
        for (const { worker, staleness } of contributions) {
          const own = applied[worker] ?? assert.fail(`no worker ${worker}`);
          own.count += 1;
          own.staleness += staleness;
          own.lastVersion = version;
          mostStale = Math.max(mostStale, staleness);
        }
      }
    },
  });
  const { code } = await simulation.run();
  assert.equal(code, null);
  return { durations, applied, mostStale };
}
