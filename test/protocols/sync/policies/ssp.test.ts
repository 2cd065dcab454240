/** SSP: who is more than s updates ahead of the slowest waits for it, by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { assigned, joinedScript, ofType } from '../../../support/engine-script.js';

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
});
