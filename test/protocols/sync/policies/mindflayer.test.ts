/** MindFlayer: attempts, their time limit and what a round is made of, by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findPolicy } from '../../../../protocols/sync/registry.js';
import { resolvePolicySettings } from '../../../../protocols/sync/settings.js';
import { assigned, commitOf, joinedScript, ofType } from '../../../support/engine-script.js';

describe('MindFlayer SGD', () => {
  it('closes when everybody has made B attempts, with the mean of what came in time', () => {
    const engine = joinedScript('mindflayer', { workers: 2, trials: 2, timeLimit: 3 });
    assert.deepEqual(
      ofType(engine.effects, 'schedule').map(({ deadline, at }) => [deadline, at]),
      [
        ['task:0:1', 3],
        ['task:1:1', 3],
      ],
    );
    engine.time = 1;
    const pulled = engine.upload(0);
    assert.deepEqual(assigned(pulled), [[0, 'pulled']]);
    assert.equal(ofType(pulled, 'schedule')[0]?.at, 4);

    engine.time = 3;
    const first = engine.overrun(1);
    assert.deepEqual(
      first.map(({ type }) => type),
      ['cancel', 'assign', 'schedule'],
    );
    assert.equal(ofType(first, 'cancel')[0]?.reason, 'not finished after 3, its time limit');
    assert.deepEqual(assigned(first), [[1, 'restarted']]);
    assert.equal(ofType(engine.upload(1, { attempt: 1 }), 'discard')[0]?.reason, 'dead-attempt');

    const paused = engine.upload(0);
    assert.equal(ofType(paused, 'pause')[0]?.reason, 'attempt 2 of 2 made');
    assert.deepEqual(ofType(paused, 'commit'), []);

    engine.time = 6;
    const second = engine.overrun(1);
    const { contributions, scale, waitCount, degraded } = commitOf(second);
    assert.deepEqual(
      contributions.map(({ updateId }) => updateId),
      ['0.1.1', '0.1.2'],
    );
    assert.deepEqual([scale, waitCount, degraded], [1 / 2, 2, null]);
    assert.deepEqual(assigned(second), [
      [1, 'restarted'],
      [0, 'resumed'],
    ]);
    for (const { version } of ofType(second, 'assign')) assert.equal(version, 1);
  });

  it('has everybody go on while nobody has given anything, and then closes on the first update', () => {
    const engine = joinedScript('mindflayer', { workers: 2, trials: 1, timeLimit: 1 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      for (const worker of [0, 1]) {
        const effects = engine.overrun(worker);
        assert.deepEqual(
          effects.map(({ type }) => type),
          ['cancel', 'assign', 'schedule'],
        );
      }
    }
    const effects = engine.upload(0);
    assert.deepEqual(
      commitOf(effects).contributions.map(({ updateId }) => updateId),
      ['0.1.4'],
    );
    // Worker 1 is at the old model with an attempt beyond its share.
    assert.deepEqual(
      ofType(effects, 'cancel').map(({ worker }) => worker),
      [1],
    );
    assert.equal(engine.state.members[1]?.baseVersion, 1);
    engine.upload(1);
    assert.equal(commitOf(engine.upload(0)).version, 2, 'the next round begins with no attempt made');
  });

  it('ignores a time limit that is kept, and one of an earlier attempt', () => {
    const engine = joinedScript('mindflayer', { workers: 2, trials: 2, timeLimit: 1 });
    engine.upload(0);
    const effects = engine.event({ type: 'deadline-passed', time: 1, deadline: 'task:0:1' });
    assert.deepEqual(
      effects.map(({ type }) => type),
      ['ignore'],
    );
    assert.equal(engine.state.members[0]?.status, 'computing');
  });

  it('waits for nobody who has not come or is lost', () => {
    const engine = joinedScript('mindflayer', { workers: 3, trials: 1, timeLimit: 1 });
    engine.upload(0);
    engine.upload(1);
    assert.equal(commitOf(engine.lose(2, true)).contributions.length, 2);
  });

  it('looks at few workers for each attempt, however large the fleet', () => {
    const workers = 400;
    const engine = joinedScript('mindflayer', { workers, trials: 1, timeLimit: 1 });
    const policy = findPolicy('mindflayer')?.create(resolvePolicySettings({ workers, trials: 1 }));
    assert.ok(policy?.isFull && policy.overran);
    engine.upload(0);
    const { members, contributions } = engine.state;
    let looks = 0;
    const view = {
      ...{ time: 1, version: 0, workers, members, contributions, contributors: 1, openedAt: 0 },
      heldOf: (worker: number) => {
        looks += 1;
        return worker === 0 ? 1 : 0;
      },
    };
    // All others overrun their limit at the same instant.
    let state = policy.initial(view);
    for (let worker = 1; worker < workers; worker += 1) {
      state = policy.overran(state, worker, view);
      assert.equal(policy.isFull(state, view), worker === workers - 1);
    }
    assert.ok(looks < 4 * workers, `${looks} looks for ${workers} attempts`);
  });
});
