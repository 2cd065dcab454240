/** The engine that changes in place, held against the pure function that copies its state at every event. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { ByAge } from '../../../protocols/sync/by-age.js';
import { Engine } from '../../../protocols/sync/engine.js';
import { absentMember, MemberRecord } from '../../../protocols/sync/member.js';
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

describe('members by age', () => {
  it('find whoever computes from a version or an older one, the oldest first', () => {
    const change = fc.record({
      worker: fc.nat(6),
      later: fc.nat(2),
      leaves: fc.boolean(),
      upTo: fc.integer({ min: -2, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const source = { version: 0 };
        const members = Array.from(
          { length: 7 },
          (_, worker) => new MemberRecord(absentMember(worker, 'gone'), source),
        );
        const byAge = new ByAge();
        let there: MemberRecord[] = [];
        for (const { worker, later, leaves, upTo } of changes) {
          const member = members[worker] ?? assert.fail();
          source.version += later;
          if (there.includes(member)) byAge.remove(member);
          there = there.filter((other) => other !== member);
          if (!leaves) {
            member.baseVersion = source.version;
            byAge.add(member);
            there.push(member);
          }
          const workersOf = (list: readonly MemberRecord[]) => list.map(({ worker: number }) => number);
          assert.deepEqual(
            workersOf(byAge.upTo(upTo)),
            workersOf(there.filter(({ baseVersion }) => baseVersion <= upTo)),
          );
        }
      }),
    );
  });
});
