/** The simulation on small cases worked out by hand: task times from a table, deltas of worker number + 1. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { Policy } from '../../protocols/sync/policy.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import type { EngineOptions } from '../../protocols/sync/round-engine.js';
import { type PolicySettingsInput, resolvePolicySettings } from '../../protocols/sync/settings.js';
import type { LocalUpdate } from '../../src/compute/compute.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { createLookAhead } from '../../src/simulator/look-ahead.js';
import { createNetwork, type NetworkSpec, noNetwork } from '../../src/simulator/network.js';
import { Simulation, type SimulationOptions } from '../../src/simulator/simulation.js';
import { createFakeCompute } from '../support/fake-compute.js';

function policyOf(name: string, settings: PolicySettingsInput): Policy {
  return findPolicy(name)?.create(resolvePolicySettings(settings)) ?? assert.fail(`no policy ${name}`);
}

interface Setup {
  readonly policy: Policy;
  /** Times of each worker's tasks, in order; the last one is repeated. */
  readonly times: readonly (readonly number[])[];
  readonly engine?: Partial<EngineOptions>;
  readonly network?: Partial<NetworkSpec>;
  readonly until?: number;
  readonly trains?: boolean;
  /** Default: every task is done at once. */
  readonly computes?: () => Promise<LocalUpdate>;
  /** Of each worker's updates. Default: 1. */
  readonly losses?: readonly number[];
  readonly onStep?: SimulationOptions['onStep'];
}

function simulate({ policy, times, engine, network, until, trains = true, computes, losses, onStep }: Setup) {
  const steps: EngineStep[] = [];
  const compute = createFakeCompute(2, 'at-once');
  const store = createParameterStore(compute.model.initial);
  const lookAhead = createLookAhead({
    threads: 1,
    run: async (task, signal) => ({
      ...(await (computes?.() ?? compute.run(task, signal))),
      loss: losses?.[task.worker] ?? 1,
    }),
  });
  const simulation = new Simulation({
    engine: { policy, workers: times.length, localSteps: 1, ...engine },
    taskTimes: {
      taskTime(worker, attempt) {
        const own = times[worker] ?? assert.fail(`no times of worker ${worker}`);
        return own[Math.min(attempt, own.length) - 1] ?? assert.fail('no time');
      },
    },
    network: createNetwork({ ...noNetwork, ...network }),
    messageBytes: 100,
    training: trains ? { lookAhead, store } : null,
    batchSize: 32,
    until: until ?? null,
    onStep(step, state) {
      steps.push(step);
      return onStep?.(step, state);
    },
  });
  const rounds = () =>
    steps.flatMap(({ event, effects }) =>
      effects.flatMap((effect) =>
        effect.type === 'commit'
          ? [{ time: event.time, workers: effect.contributions.map(({ worker }) => worker) }]
          : [],
      ),
    );
  return { simulation, store, lookAhead, steps, rounds };
}

const restartsOf = (steps: readonly EngineStep[]) =>
  steps.flatMap(({ event, effects }) =>
    effects.flatMap((effect) => (effect.type === 'cancel' ? [[event.time, effect.worker]] : [])),
  );

describe('simulation', () => {
  it('K-async: the others compute on and count later', async () => {
    const { simulation, rounds, store } = simulate({
      policy: policyOf('k-async', { workers: 3, waitCount: 2 }),
      times: [[1], [2], [5]],
      until: 5,
    });
    assert.deepEqual(await simulation.run(), { code: null, reason: '5 time units' });
    assert.equal(simulation.now(), 5);
    assert.deepEqual(rounds(), [
      { time: 2, workers: [0, 1] },
      { time: 4, workers: [0, 1] },
      { time: 5, workers: [0, 2] },
    ]);
    // (1 + 2) / 2 twice, then (1 + 3) / 2.
    assert.deepEqual([...store.current()], [5, 5]);
  });

  it('K-sync: the others are cancelled and start afresh', async () => {
    const { simulation, rounds, steps, lookAhead } = simulate({
      policy: policyOf('k-sync', { workers: 3, waitCount: 2 }),
      times: [[1], [3, 1], [4, 4, 2]],
      engine: { maxRounds: 3 },
    });
    assert.deepEqual(await simulation.run(), { code: null, reason: '3 rounds' });
    assert.deepEqual(rounds(), [
      { time: 3, workers: [0, 1] },
      { time: 4, workers: [0, 1] },
      { time: 5, workers: [0, 1] },
    ]);
    assert.deepEqual(restartsOf(steps), [
      [3, 2],
      [4, 2],
    ]);
    assert.ok(lookAhead.started >= 6);
  });

  it('ABS: who is as many rounds behind as the bound is restarted, not before', async () => {
    const { simulation, rounds, steps } = simulate({
      policy: policyOf('abs', { workers: 2, waitCount: 1, maxStaleness: 3 }),
      times: [[1], [10, 1.5]],
      engine: { maxRounds: 5 },
    });
    await simulation.run();
    assert.deepEqual(restartsOf(steps), [[3, 1]]);
    assert.deepEqual(rounds(), [
      { time: 1, workers: [0] },
      { time: 2, workers: [0] },
      { time: 3, workers: [0] },
      { time: 4, workers: [0] },
      { time: 4.5, workers: [1] },
    ]);
  });

  it('lets workers that end at the same instant count by their numbers, and deadlines after them', async () => {
    const setup = { policy: policyOf('k-async', { workers: 3, waitCount: 2 }), times: [[2], [2], [2]] };
    const first = simulate({ ...setup, engine: { maxRounds: 2 } });
    await first.simulation.run();
    assert.deepEqual(first.rounds(), [
      { time: 2, workers: [0, 1] },
      // Worker 2 was ready at that instant, too: first of the second round.
      { time: 4, workers: [2, 0] },
    ]);
    const second = simulate({ ...setup, engine: { maxRounds: 1, roundDeadline: 2 } });
    await second.simulation.run();
    assert.deepEqual(second.rounds(), [{ time: 2, workers: [0, 1] }], 'full, though its deadline is now');
  });

  it('closes a round at its deadline with what it has', async () => {
    const { simulation, rounds } = simulate({
      policy: policyOf('sync', { workers: 2 }),
      times: [[1], [100]],
      engine: { maxRounds: 2, roundDeadline: 4 },
    });
    await simulation.run();
    assert.deepEqual(rounds(), [
      { time: 4, workers: [0] },
      { time: 8, workers: [0] },
    ]);
  });

  it('hears of no deadline whose place was taken, as in a live run', async () => {
    const { simulation, steps } = simulate({
      policy: { ...policyOf('asgd', { workers: 2 }), timeLimit: () => 5 },
      times: [[1], [1, 9]],
      until: 20,
    });
    await simulation.run();
    const heard = steps.flatMap(({ event }) =>
      event.type === 'deadline-passed' ? [[event.time, event.deadline]] : [],
    );
    // Worker 1 overruns every limit but the first.
    assert.deepEqual(heard, [
      [6, 'task:1:2'],
      [11, 'task:1:3'],
      [16, 'task:1:4'],
    ]);
  });

  it('computes nothing that ends after the end', async () => {
    const { simulation, lookAhead } = simulate({
      policy: policyOf('asgd', { workers: 2 }),
      times: [[1], [100]],
      until: 3,
    });
    await simulation.run();
    assert.equal(lookAhead.started, 3);
  });

  it('counts a round that closes at the very end', async () => {
    const { simulation, rounds } = simulate({
      policy: policyOf('sync', { workers: 1 }),
      times: [[1]],
      until: 2,
    });
    await simulation.run();
    assert.deepEqual(
      rounds().map(({ time }) => time),
      [1, 2],
    );
  });

  it('fails with the engine, naming round and worker, when a loss is not finite', async () => {
    const { simulation } = simulate({
      policy: policyOf('k-async', { workers: 2, waitCount: 2 }),
      times: [[1], [2]],
      losses: [1, NaN],
    });
    assert.deepEqual(await simulation.run(), {
      code: 'non-finite',
      reason: 'round 1, worker 1: its loss is NaN',
    });
  });

  it('stops when it is told to, after the open round or before the next event', async () => {
    const setup: Setup = { policy: policyOf('sync', { workers: 2 }), times: [[1], [2]] };
    const gentle = simulate({
      ...setup,
      onStep: ({ event }) => {
        if (event.time === 3) gentle.simulation.stop('finish-round', 'enough');
      },
    });
    assert.deepEqual(await gentle.simulation.run(), { code: null, reason: 'enough' });
    assert.deepEqual(gentle.rounds().at(-1), { time: 4, workers: [0, 1] });
    const abrupt = simulate({
      ...setup,
      onStep: ({ event }) => {
        if (event.time === 3) abrupt.simulation.stop('now', 'enough');
      },
    });
    await abrupt.simulation.run();
    assert.deepEqual(abrupt.rounds().at(-1), { time: 2, workers: [0, 1] });
  });

  it('stops at once though a task is never done, or a step never recorded', async () => {
    const never = new Promise<never>(() => undefined);
    const hung = simulate({ policy: policyOf('asgd', { workers: 1 }), times: [[1]], computes: () => never });
    const running = hung.simulation.run();
    await new Promise((resolve) => setImmediate(resolve));
    hung.simulation.stop('now', 'enough');
    assert.deepEqual(await running, { code: null, reason: 'enough' });
    const stuck = simulate({
      policy: policyOf('asgd', { workers: 1 }),
      times: [[1]],
      onStep: ({ event }) => {
        if (event.type !== 'update-arrived') return undefined;
        stuck.simulation.stop('now', 'enough');
        return never;
      },
    });
    assert.deepEqual(await stuck.simulation.run(), { code: null, reason: 'enough' });
  });

  it('lets the event loop turn, so that it can be stopped by whatever comes from there', async () => {
    const { simulation, rounds } = simulate({
      policy: policyOf('asgd', { workers: 1 }),
      times: [[1]],
      trains: false,
    });
    setImmediate(() => setImmediate(() => simulation.stop('now', 'enough')));
    await simulation.run();
    assert.ok(rounds().length > 10);
  });

  it('waits for whoever records a step', async () => {
    let recorded = 0;
    const { simulation, steps } = simulate({
      policy: policyOf('asgd', { workers: 2 }),
      times: [[1], [1]],
      engine: { maxRounds: 10 },
      onStep: async () => {
        assert.equal(recorded, steps.length - 1, 'one step at a time');
        await new Promise((resolve) => setImmediate(resolve));
        recorded += 1;
      },
    });
    await simulation.run();
    assert.equal(recorded, steps.length);
  });

  it('tells of a policy that throws', async () => {
    const policy: Policy<null> = {
      name: 'broken',
      initial: () => null,
      waitCount: () => {
        throw new Error('no idea');
      },
    };
    await assert.rejects(simulate({ policy: policy as Policy, times: [[1]] }).simulation.run(), /no idea/);
  });

  it('needs no weights where nothing is trained', async () => {
    const { simulation, rounds, lookAhead, store } = simulate({
      policy: policyOf('k-async', { workers: 3, waitCount: 2 }),
      times: [[1], [2], [5]],
      until: 5,
      trains: false,
    });
    await simulation.run();
    assert.equal(rounds().length, 3);
    assert.equal(lookAhead.started + store.version, 0);
  });

  it('ends a run of whose tasks none comes to anything', async () => {
    const { simulation, steps } = simulate({
      policy: policyOf('mindflayer', { workers: 2, timeLimit: 1 }),
      times: [[2], [3]],
      trains: false,
    });
    await assert.rejects(simulation.run(), {
      name: 'PolicyError',
      message:
        'policy mindflayer: timeLimit is too short: of the last 100000 tasks none gave an update that counts',
    });
    assert.equal(restartsOf(steps).length, 99_999);
  });

  it('lets a run go on in which something comes now and then', async () => {
    // Worker 0 answers first after 60,000 attempts, and then each time after as many.
    const lasts = Array.from({ length: 60_001 }, (_, attempt) => (attempt === 60_000 ? 0.5 : 2));
    const { simulation, rounds } = simulate({
      policy: policyOf('mindflayer', { workers: 1, timeLimit: 1 }),
      times: [[...lasts, ...lasts]],
      engine: { maxRounds: 2 },
      trains: false,
    });
    assert.deepEqual(await simulation.run(), { code: null, reason: '2 rounds' });
    assert.equal(rounds().length, 2);
  });

  it('has models and updates take their time on a network', async () => {
    const { simulation, rounds, steps } = simulate({
      policy: policyOf('sync', { workers: 2 }),
      times: [[1], [1]],
      network: { latency: { all: 0.25 }, serverBandwidth: 100 },
      engine: { maxRounds: 1 },
    });
    await simulation.run();
    // The models leave the server at 1 and 2 and arrive 0.25 later; the updates are at the server at 2.5 and 3.5.
    const arrivals = steps.flatMap(({ event }) => (event.type === 'update-arrived' ? [event.time] : []));
    assert.deepEqual(arrivals, [3.5, 4.5]);
    assert.deepEqual(rounds(), [{ time: 4.5, workers: [0, 1] }]);
  });

  it('refuses an update that was on its way when its worker heard that it is cancelled', async () => {
    // Its first model arrives at 2; it is cancelled at 1, and hears of it at 3.
    const refusedWith = async (firstTime: number) => {
      const { simulation, steps } = simulate({
        policy: policyOf('k-sync', { workers: 2, waitCount: 1 }),
        times: [[1], [firstTime, 9]],
        network: { latency: { '1': 2 } },
        engine: { maxRounds: 5 },
      });
      await simulation.run();
      return steps.flatMap(({ event, effects }) =>
        effects.flatMap((effect) => (effect.type === 'discard' ? [[event.time, effect.reason]] : [])),
      );
    };
    assert.deepEqual(await refusedWith(0.5), [[4.5, 'dead-attempt']]);
    assert.deepEqual(await refusedWith(1.5), []);
  });
});
