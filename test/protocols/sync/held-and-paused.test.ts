/** What the engine makes of contributions that stay held, of pauses and of time limits, event by event. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Policy } from '../../../protocols/sync/policy.js';
import { assigned, EngineScript, joinedScript, ofType } from '../../support/engine-script.js';

describe('round engine: held, paused, limited', () => {
  it('keeps nothing in the last commit, and gives up what has had no part in one', () => {
    const ended = (how: 'rounds' | 'finish-round' | 'now') => {
      const engine = joinedScript('ringleader', { workers: 2 }, how === 'rounds' ? { maxRounds: 3 } : {});
      for (const worker of [0, 1, 1, 0]) engine.upload(worker);
      assert.equal(engine.state.version, 2);
      const stop = { type: 'stop-requested', time: 1, reason: 'asked' } as const;
      if (how === 'finish-round') engine.event({ ...stop, when: how });
      // The third round applies what worker 1 gave in the second, and would keep it for the fourth.
      const effects = how === 'now' ? engine.event({ ...stop, when: how }) : engine.upload(0);
      assert.deepEqual(engine.state.contributions, []);
      return effects;
    };
    for (const how of ['rounds', 'finish-round'] as const) {
      const effects = ended(how);
      assert.deepEqual(
        effects.map(({ type }) => type),
        ['accumulate', 'commit', 'finish'],
      );
      assert.equal(ofType(effects, 'commit')[0]?.kept, undefined);
    }
    assert.deepEqual(
      ofType(ended('now'), 'discard').map(({ updateId, reason }) => [updateId, reason]),
      [['1.1.2', 'run-over']],
    );
  });

  it('closes no round at its deadline with nothing but what earlier ones kept', () => {
    const engine = joinedScript('ringleader', { workers: 2 }, { roundDeadline: 5 });
    engine.upload(0);
    engine.upload(1);
    const passed = { type: 'deadline-passed', time: 5, deadline: 'round:1' } as const;
    assert.deepEqual(engine.event(passed), []);
    const [commit] = ofType(engine.upload(1), 'commit');
    assert.equal(commit?.degraded, 'the first contribution after the deadline of 5');
  });

  it('asks of whoever waits after every event, and lets all go on where nobody works', () => {
    const policy: Policy<null> = {
      name: 'mine',
      counts: 'mini-batches',
      initial: () => null,
      waitCount: () => ({ value: 9, reason: 'mine' }),
      pause: (_state, worker, { time }) => (worker > 0 && time < 5 ? 'before 5' : null),
    };
    const engine = new EngineScript({ policy, workers: 3, localSteps: 1, roundDeadline: 2 });
    engine.joinAll();
    assert.deepEqual(ofType(engine.upload(1), 'pause'), [{ type: 'pause', worker: 1, reason: 'before 5' }]);
    engine.upload(2);
    engine.time = 5;
    // An event that changes nothing is one as well.
    const nothing = engine.join(0, 1);
    assert.deepEqual(
      nothing.map(({ type }) => type),
      ['ignore', 'assign', 'assign'],
    );
    assert.deepEqual(assigned(nothing), [
      [1, 'resumed'],
      [2, 'resumed'],
    ]);
    engine.time = 1;
    engine.upload(1);
    engine.upload(2);
    assert.deepEqual(assigned(engine.lose(0, true)), [], 'worker 0 comes back');
    assert.deepEqual(assigned(engine.lose(0, false)), [
      [1, 'resumed'],
      [2, 'resumed'],
    ]);
  });

  it('refuses what a paused worker sends: its update again, or that of work that overran', () => {
    const policy: Policy<null> = {
      name: 'mine',
      counts: 'mini-batches',
      initial: () => null,
      waitCount: () => ({ value: 9, reason: 'mine' }),
      pause: (_state, worker) => (worker === 0 ? null : 'at will'),
      timeLimit: () => 3,
    };
    const engine = new EngineScript({ policy, workers: 3, localSteps: 1 });
    engine.joinAll();
    engine.upload(1);
    engine.overrun(2);
    const reasons = [1, 2].map((worker) => ofType(engine.upload(worker), 'discard')[0]?.reason);
    assert.deepEqual(reasons, ['duplicate', 'dead-attempt']);
  });
});
