/** Policies that pause workers and limit their time, over real actors and the local transport, on a virtual clock. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import type { RunOutcome } from '../../actors/server-actor.js';
import type { Commit, Effect, EngineStep } from '../../protocols/sync/events.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import { type PolicySettingsInput, resolvePolicySettings } from '../../protocols/sync/settings.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { localWorkers } from '../../src/run/local-workers.js';
import type { TaskTimes } from '../../src/stragglers/task-times.js';
import { startLiveRun } from '../../src/run/live-run.js';
import { createLocalTransport } from '../../src/transport/local-transport.js';
import { createFakeCompute } from '../support/fake-compute.js';
import { createVirtualClock } from '../support/virtual-clock.js';

interface Setting {
  readonly policy: string;
  readonly settings?: PolicySettingsInput;
  /** Seconds that each worker's tasks take, in order, over and over. */
  readonly times: readonly (readonly number[])[];
  readonly rounds: number;
}

async function bench({ policy, settings = {}, times, rounds }: Setting) {
  const clock = createVirtualClock();
  const workers = times.length;
  const chosen = findPolicy(policy)?.create(resolvePolicySettings({ ...settings, workers }));
  assert.ok(chosen);
  const compute = createFakeCompute(3, 'at-once');
  const transport = createLocalTransport();
  const steps: EngineStep[] = [];
  const outcomes: RunOutcome[] = [];
  const errors: unknown[] = [];
  const taskTime = (worker: number, attempt: number): number => {
    const own = times[worker] ?? assert.fail(`no times of worker ${worker}`);
    return own[(attempt - 1) % own.length] ?? assert.fail('no time');
  };
  const taskTimes: TaskTimes = {
    spec: { law: 'none' },
    workers,
    expectation: (worker) => ({ worker, meanTime: NaN, slowdown: 1, burstFactor: 1 }),
    taskTime,
    targetTime: taskTime,
    stretch: (_worker, work) => work,
  };
  const common = {
    run: 'test',
    compute,
    transport,
    heartbeatSeconds: 1,
    silence: { heartbeatSeconds: 1, suspectAfterSeconds: 3, deadAfterSeconds: 10 },
    retrySeconds: 2,
    joinsPerSecond: 100,
    maxInboundBytes: 2 ** 28,
    restart: {
      maxRestarts: 5,
      windowSeconds: 1000,
      backoff: { initialSeconds: 1, maxSeconds: 8, factor: 2, jitter: 0 },
      random: () => 0,
    },
  };
  const live = await startLiveRun({
    ...common,
    clock,
    engine: { policy: chosen, workers, localSteps: 10, maxRounds: rounds },
    store: createParameterStore(compute.model.initial),
    host: localWorkers({ ...common, workers, taskTimes }),
    observer: {
      heard: () => undefined,
      suspicion: () => undefined,
      silent: () => undefined,
      refused: () => undefined,
      step: (step) => steps.push(step),
      over: (outcome) => outcomes.push(outcome),
    },
    onFailure: (error) => errors.push(error),
  });
  const effects = <Type extends Effect['type']>(type: Type) =>
    steps.flatMap((step) =>
      step.effects.filter((effect): effect is Extract<Effect, { type: Type }> => effect.type === type),
    );
  return {
    clock,
    live,
    steps,
    outcomes,
    effects,
    async untilOver(seconds: number) {
      for (let passed = 0; passed < seconds && outcomes.length + errors.length === 0; passed += 1)
        await clock.advance(1);
      assert.deepEqual(errors, []);
    },
    async close() {
      await live.close({ status: 'finished', reason: 'the test is over' });
      await transport.close();
    },
  };
}

const contributors = ({ contributions }: Commit) => contributions.map(({ worker }) => worker);

describe('live run of a policy that pauses or limits', () => {
  let b: Awaited<ReturnType<typeof bench>>;
  afterEach(() => b.close());

  it('mindflayer goes on without what overruns its limit, and nobody waits for ever', async () => {
    b = await bench({
      policy: 'mindflayer',
      settings: { timeLimit: 2, trials: 1 },
      // Every second task of worker 1 takes too long, and each of worker 2.
      times: [[1], [1, 9], [9]],
      rounds: 6,
    });
    await b.untilOver(60);
    assert.deepEqual(b.outcomes, [{ code: null, reason: '6 rounds' }]);
    assert.deepEqual(b.effects('commit').map(contributors), [[0, 1], [0], [0, 1], [0], [0, 1], [0]]);
    const overran = b.effects('cancel').map(({ reason }) => reason.endsWith(', its time limit'));
    assert.ok(overran.length >= 8 && overran.every(Boolean), `${overran.length} overran`);
    assert.ok(b.effects('pause').length >= 6);
    assert.equal(
      b.effects('assign').some(({ reason }) => reason === 'resumed'),
      true,
    );
    // Two seconds a round: those of the limit.
    const last = b.steps.at(-1)?.event.time ?? NaN;
    assert.ok(Math.abs(last - 12) < 0.5, `over after ${last} s`);
  });

  it('mindflayer makes all attempts of a round', async () => {
    b = await bench({
      policy: 'mindflayer',
      settings: { timeLimit: 5, trials: 3 },
      times: [[1], [2]],
      rounds: 3,
    });
    await b.untilOver(60);
    assert.equal(b.outcomes[0]?.reason, '3 rounds');
    for (const commit of b.effects('commit'))
      assert.deepEqual(contributors(commit).sort(), [0, 0, 0, 1, 1, 1]);
    assert.deepEqual(b.effects('cancel'), []);
  });

  it('ssp holds the fast back until the slow one has moved', async () => {
    const slack = 2;
    b = await bench({
      policy: 'ssp',
      settings: { maxStaleness: slack },
      times: [[1], [1], [10]],
      rounds: 20,
    });
    await b.untilOver(200);
    assert.deepEqual(b.outcomes, [{ code: null, reason: '20 rounds' }]);
    const clocks = [0, 0, 0];
    for (const commit of b.effects('commit')) {
      for (const worker of contributors(commit)) clocks[worker] = (clocks[worker] ?? 0) + 1;
      assert.ok(Math.max(...clocks) - Math.min(...clocks) <= slack + 1, clocks.join(' '));
    }
    assert.ok((clocks[2] ?? 0) >= 4, `the slow worker gave ${clocks[2]}`);
    assert.ok(b.effects('pause').length >= 8);
    assert.deepEqual(b.effects('cancel'), [], 'nobody is interrupted');
  });

  it('ssp does not wait for a worker that was given up', async () => {
    b = await bench({ policy: 'ssp', settings: { maxStaleness: 1 }, times: [[1], [1000]], rounds: 12 });
    await b.clock.advance(4);
    assert.equal(b.effects('pause').length, 1);
    for (let crash = 0; crash < 6; crash += 1) {
      const crashed = b.live.crash(1);
      await b.clock.advance(10);
      await crashed;
    }
    await b.untilOver(60);
    assert.deepEqual(b.outcomes, [{ code: null, reason: '12 rounds' }]);
  });
});
