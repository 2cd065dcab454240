/** The engine that changes in place, held against the pure function that copies its state at every event. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Cohorts } from '../../../protocols/sync/cohorts.js';
import { Engine } from '../../../protocols/sync/engine.js';
import { initialState } from '../../../protocols/sync/round-engine.js';
import { arbitraryRun, engineOptions, runPlan } from '../../support/arbitrary-runs.js';
import { EngineScript, optionsFor } from '../../support/engine-script.js';

const arbitraryPlan = fc.oneof(
  { weight: 2, arbitrary: arbitraryRun() },
  { weight: 1, arbitrary: arbitraryRun('random') },
);

describe('engine', () => {
  it('does in place what `advance` does with copies, event by event', () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const options = engineOptions(plan);
        const engine = new Engine(options, initialState(options));
        for (const { step, after } of runPlan(plan)) {
          assert.deepEqual(engine.advance(step.event), step.effects);
          assert.deepEqual(engine.state(), after);
        }
      }),
    );
  });

  it('goes on from any state as if it had never stopped, though the state went through JSON', () => {
    fc.assert(
      fc.property(arbitraryPlan, fc.nat(40), (plan, stop) => {
        const options = engineOptions(plan);
        let engine = new Engine(options, initialState(options));
        for (const [index, { step }] of [...runPlan(plan)].entries()) {
          if (index === stop) engine = new Engine(options, engine.state());
          assert.deepEqual(engine.advance(step.event), step.effects);
        }
        const state = engine.state();
        const { policy: _own, ...rest } = state;
        const { policy: _same, ...again } = JSON.parse(JSON.stringify(state)) as typeof state;
        assert.deepEqual(again, rest);
      }),
    );
  });

  it('shows policies the present, and lets them set nothing', () => {
    const versions: number[] = [];
    const options = optionsFor('k-async', { workers: 2, waitCount: 1 });
    const policy: typeof options.policy = {
      ...options.policy,
      committed(state, _commit, view) {
        versions.push(view.version);
        assert.throws(() => Object.assign(view, { version: 99 }), TypeError);
        return state;
      },
    };
    const engine = new EngineScript({ ...options, policy });
    engine.joinAll();
    engine.upload(0);
    engine.upload(1);
    assert.deepEqual(versions, [1, 2]);
    assert.equal(engine.state.version, 2);
  });

  it('leaves τ_k of the others out of a commit where it is not asked for', () => {
    const stalenessOf = (stalenessVector: boolean) => {
      const engine = new EngineScript({
        ...optionsFor('k-async', { workers: 2, waitCount: 1 }),
        stalenessVector,
      });
      engine.joinAll();
      const commit = engine.upload(0).find((effect) => effect.type === 'commit');
      return commit?.type === 'commit' ? commit.staleness : null;
    };
    assert.deepEqual(stalenessOf(true), [
      [0, 1],
      [1, 1],
    ]);
    assert.deepEqual(stalenessOf(false), []);
  });
});

describe('cohorts', () => {
  it('find whoever computes from a version or an older one', () => {
    const worker = fc.nat(6);
    const change = fc.record({
      worker,
      version: fc.nat(12),
      leaves: fc.boolean(),
      upTo: fc.integer({ min: -2, max: 14 }),
    });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const cohorts = new Cohorts();
        const versions = new Map<number, number>();
        for (const { worker: who, version, leaves, upTo } of changes) {
          const before = versions.get(who);
          if (before !== undefined) cohorts.remove(who, before);
          versions.delete(who);
          if (!leaves) {
            cohorts.add(who, version);
            versions.set(who, version);
          }
          const expected = [...versions].filter(([, base]) => base <= upTo).map(([member]) => member);
          assert.deepEqual(cohorts.upTo(upTo).sort(), expected.sort());
        }
      }),
    );
  });
});
