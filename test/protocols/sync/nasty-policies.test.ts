/** Policies that nobody should write: each run goes on or ends with a word on the policy; none hangs, and no books are cooked. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { checkedPolicy, PolicyError, policyProblem } from '../../../protocols/sync/checked-policy.js';
import type { Effect, EngineStep } from '../../../protocols/sync/events.js';
import type { Policy } from '../../../protocols/sync/policy.js';
import { createParameterStore } from '../../../src/compute/parameter-store.js';
import { createNetwork, noNetwork } from '../../../src/simulator/network.js';
import { Simulation } from '../../../src/simulator/simulation.js';
import { assigned, commitOf, EngineScript, ofType } from '../../support/engine-script.js';

const plain = {
  name: 'nasty',
  initial: () => null,
  waitCount: () => ({ value: 1, reason: 'every update' }),
} as const satisfies Policy<null>;

function joined(hooks: Partial<Policy<null>>, workers = 3): EngineScript {
  const engine = new EngineScript({ policy: checkedPolicy({ ...plain, ...hooks }), workers, localSteps: 1 });
  engine.joinAll();
  return engine;
}

/** Three workers whose tasks take 1, 2 and 3, until the run ends or the time has come. */
async function simulated(hooks: Partial<Policy<null>>, until: number | null = 50) {
  const steps: EngineStep[] = [];
  const simulation = new Simulation({
    engine: { policy: checkedPolicy({ ...plain, ...hooks }), workers: 3, localSteps: 1 },
    taskTimes: { taskTime: (worker) => worker + 1 },
    network: createNetwork(noNetwork),
    messageBytes: 0,
    training: null,
    batchSize: 1,
    until,
    onStep: (step) => void steps.push(step),
  });
  const outcome = await simulation.run();
  const effects: readonly Effect[] = steps.flatMap((step) => step.effects);
  return { outcome, commits: ofType(effects, 'commit'), pauses: ofType(effects, 'pause') };
}

describe('nasty policies', () => {
  it('one that pauses everybody: all go on together, again and again', async () => {
    for (const counts of ['workers', 'mini-batches'] as const) {
      for (const told of [{}, { waitsFor: () => 'the end of time' }]) {
        const { commits, outcome } = await simulated({ counts, pause: () => 'no work today', ...told });
        assert.equal(outcome.reason, '50 time units');
        // Three commits in as long as the slowest takes.
        assert.equal(commits.length, 3 * 16 + 2, `${counts}: ${commits.length}`);
      }
    }
  });

  it('one that calls no round full: where everybody waits the round closes, and says so', async () => {
    const { commits } = await simulated({ isFull: () => false });
    assert.equal(commits.length, 16);
    for (const { contributions, waitCount, degraded } of commits) {
      assert.deepEqual([contributions.length, waitCount], [3, 4]);
      assert.equal(degraded, 'every worker has uploaded, and the policy does not call the round full');
    }
    const engine = joined({ isFull: () => false, pause: () => 'no work today' });
    engine.upload(0);
    engine.upload(1);
    assert.deepEqual(assigned(engine.upload(2)), [
      [0, 'resumed'],
      [1, 'resumed'],
      [2, 'resumed'],
    ]);
    engine.upload(0);
    engine.upload(1);
    assert.equal(
      commitOf(engine.lose(2, false)).contributions.length,
      2,
      'the last one to be waited for is gone',
    );
  });

  it('one that applies what others gave, or what nobody gave, is named', () => {
    const engine = joined({
      waitCount: () => ({ value: 2, reason: 'two' }),
      parts: (_state, held) => [
        ...held.map(({ updateId }) => ({ updateId, weight: 1, keep: true })),
        { updateId: '2.1.1', weight: 1, keep: true },
      ],
    });
    engine.upload(0);
    assert.throws(() => engine.upload(1), {
      name: 'PolicyError',
      message: 'policy nasty: parts must name contributions that are held, and 2.1.1 is not',
    });
  });

  it('one whose time limit no task keeps ends the run, also where time stands still', async () => {
    for (const limit of [0.5, 1e-300]) {
      await assert.rejects(simulated({ timeLimit: () => limit }, null), {
        name: 'PolicyError',
        message:
          'policy nasty: timeLimit is too short: of the last 100000 tasks none gave an update that counts',
      });
    }
    const { commits } = await simulated({ timeLimit: () => 1.5 });
    assert.equal(commits.length, 50, 'worker 0 keeps its limit');
  });

  it('one that refuses everything ends the run', async () => {
    await assert.rejects(simulated({ admit: () => ({ accept: false, reason: 'no' }) }, null), (error) => {
      return error instanceof PolicyError && error.hook === 'admit';
    });
  });

  it('one with a correction of NaN is refused, and one whose step is beyond all numbers ends the run', () => {
    assert.match(
      policyProblem({ ...plain, correction: { kind: 'delay-compensation', lambda: NaN } }) ?? '',
      /lambda of its correction is NaN/,
    );
    const none: unknown = { ...plain, correction: null };
    assert.match(policyProblem(none as Policy) ?? '', /its correction is of kind undefined/);
    const store = createParameterStore(Float32Array.of(1, 2));
    store.hold('0.1.1', Float32Array.of(0, 1));
    const order = { version: 1, contributions: [{ updateId: '0.1.1', weight: 1e300 }], scale: 1 };
    assert.throws(() => store.commit(order), {
      name: 'StalewartError',
      code: 'NON_FINITE',
      message: /version 1: weight 1 is Infinity/,
    });
    assert.equal(store.version, 0);
    assert.deepEqual([...store.current()], [1, 2]);
  });

  it('one whose state could not be read back, or whose restarts name nobody, is named', () => {
    const map: unknown = { initial: () => ({ seen: new Map() }) };
    assert.throws(() => joined(map as Policy<null>), /initial must return plain JSON.*it\.seen is a Map/);
    const endless: unknown = { initial: () => [1, -Infinity] };
    assert.throws(() => joined(endless as Policy<null>), /it\.1 is -Infinity/);
    const wrong: unknown = { restarts: () => [null] };
    assert.throws(() => joined(wrong as Policy<null>).upload(0), /nasty: restarts must return a list/);
  });
});
