/** SSP: who is more than s updates ahead of the slowest waits for it, by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Commit } from '../../../../protocols/sync/events.js';
import { absentMember } from '../../../../protocols/sync/member.js';
import { findPolicy } from '../../../../protocols/sync/registry.js';
import { resolvePolicySettings } from '../../../../protocols/sync/settings.js';
import { assigned, joinedScript, ofType } from '../../../support/engine-script.js';

const initialView = {
  time: 0,
  version: 0,
  contributions: [],
  heldOf: () => 0,
  contributors: 0,
  openedAt: 0,
};

/** With what of it SSP looks at. */
function commitBy(worker: number): Commit {
  const contribution = {
    updateId: '',
    worker,
    baseVersion: 0,
    staleness: 0,
    weight: 1,
    loss: 1,
    firstLoss: 1,
    steps: 1,
    samples: 1,
  };
  return {
    type: 'commit',
    version: 1,
    waitCount: 1,
    maxStaleness: null,
    contributions: [contribution],
    scale: 1,
    loss: 1,
    degraded: null,
    staleness: [],
    reason: '',
  };
}

describe('SSP', () => {
  it('has whoever is more than s ahead of the slowest wait until that one has moved', () => {
    const engine = joinedScript('ssp', { workers: 3, maxStaleness: 1 });
    // Clocks 1, 0, 0: one ahead is allowed.
    assert.deepEqual(assigned(engine.upload(0)), [[0, 'refreshed']]);
    // 2, 0, 0.
    const ahead = engine.upload(0);
    assert.deepEqual(
      ahead.map(({ type }) => type),
      ['accumulate', 'commit', 'pause'],
    );
    assert.equal(ofType(ahead, 'pause')[0]?.reason, '2 updates ahead of the slowest, more than 1');
    // 2, 1, 0: the slowest has not moved.
    assert.deepEqual(assigned(engine.upload(1)), [[1, 'refreshed']]);
    // 2, 1, 1.
    const moved = engine.upload(2);
    assert.deepEqual(assigned(moved), [
      [2, 'refreshed'],
      [0, 'resumed'],
    ]);
    assert.equal(ofType(moved, 'assign')[1]?.version, 4, 'from the newest model');
    assert.equal(engine.upload(0).at(-1)?.type, 'pause', '3, 1, 1');
  });

  it('weighs each update alike, applies it at once, and never interrupts the slow', () => {
    const engine = joinedScript('ssp', { workers: 2, maxStaleness: 2 });
    for (let upload = 0; upload < 3; upload += 1) engine.upload(0);
    const [commit] = ofType(engine.upload(1), 'commit');
    assert.deepEqual(
      commit?.contributions.map(({ staleness, weight }) => [staleness, weight]),
      [[3, 1]],
    );
    assert.deepEqual([commit?.waitCount, commit?.scale, commit?.maxStaleness], [1, 1, null]);
    assert.deepEqual(ofType(engine.effects, 'cancel'), []);
  });

  it('does not wait for a worker that is gone for good, and waits for one that returns', () => {
    const engine = joinedScript('ssp', { workers: 3, maxStaleness: 1 });
    engine.upload(0);
    engine.upload(0);
    engine.lose(2, true);
    engine.upload(1);
    assert.equal(engine.state.members[0]?.status, 'paused');
    engine.lose(2, false);
    // The slowest is looked for at the next commit: 2, 2, gone.
    assert.deepEqual(assigned(engine.upload(1)), [
      [1, 'refreshed'],
      [0, 'resumed'],
    ]);
  });

  it('lets those who wait go on where nobody else is left', () => {
    const engine = joinedScript('ssp', { workers: 2, maxStaleness: 1 });
    engine.upload(0);
    engine.upload(0);
    assert.deepEqual(assigned(engine.lose(1, false)), [[0, 'resumed']]);
  });

  it('does not wait for the first update of a worker that joins late, which begins at the clock of the slowest', () => {
    const engine = joinedScript('ssp', { workers: 1, maxStaleness: 1 });
    for (let upload = 0; upload < 5; upload += 1) engine.upload(0);
    engine.join(1);
    assert.deepEqual(assigned(engine.upload(0)), [[0, 'refreshed']], 'its clock is 6');
    // 6 + 1: worker 0 is the slowest with 6, and worker 1 one ahead.
    assert.deepEqual(assigned(engine.upload(1)), [[1, 'refreshed']]);
    assert.equal(engine.upload(1).at(-1)?.type, 'pause');
  });

  it('has nobody wait for a worker to make up for the time for which it was given up', () => {
    const engine = joinedScript('ssp', { workers: 3, maxStaleness: 1 });
    engine.lose(2, false);
    for (let upload = 0; upload < 5; upload += 1) for (const worker of [0, 1]) engine.upload(worker);
    engine.join(2, 2);
    assert.deepEqual(assigned(engine.upload(0)), [[0, 'refreshed']], 'clocks 6, 5 and none');
    // 6, 5, 6.
    assert.deepEqual(assigned(engine.upload(2)), [[2, 'refreshed']]);
    assert.equal(engine.upload(2).at(-1)?.type, 'pause', '6, 5, 7');
  });

  it('looks at each worker about twice for each update that the slowest gives, however large the fleet', () => {
    for (const order of ['up', 'down'] as const) {
      const workers = 500;
      const policy = findPolicy('ssp')?.create(resolvePolicySettings({ workers })) ?? assert.fail();
      let looks = 0;
      const status = 'computing' as const;
      const joined = { ...absentMember(0, 'expected'), status, incarnation: 1 };
      const members = new Proxy(
        Array.from({ length: workers }, (_, worker) => ({ ...joined, worker })),
        {
          get(target, key) {
            if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
            const value: unknown = Reflect.get(target, key);
            return value;
          },
        },
      );
      const view = { ...initialView, members, workers };
      let state = policy.initial(view);
      for (let round = 0; round < 4; round += 1) {
        for (let step = 0; step < workers; step += 1) {
          const worker = order === 'up' ? step : workers - 1 - step;
          state = policy.committed?.(state, commitBy(worker), view);
        }
      }
      const perUpdate = looks / (4 * workers);
      assert.ok(perUpdate < 4, `${order}: ${perUpdate} looks per update`);
    }
  });
});
