/** K-batch-sync, K-batch-async and Rennala: what counts, and what becomes of work from before the commit, by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { assigned, commitOf, joinedScript, ofType } from '../../../support/engine-script.js';

describe('K-batch-sync', () => {
  it('closes on K mini-batches of any workers, K above N as well, and cancels all other work', () => {
    const engine = joinedScript('k-batch-sync', { workers: 3, waitCount: 4 });
    const first = engine.upload(0);
    assert.deepEqual(assigned(first), [[0, 'pulled']]);
    assert.equal(ofType(first, 'assign')[0]?.version, 0);
    engine.upload(0);
    engine.upload(1);
    const effects = engine.upload(0);
    const { contributions, waitCount, scale, maxStaleness } = commitOf(effects);
    assert.deepEqual(
      contributions.map(({ updateId, weight }) => [updateId, weight]),
      [
        ['0.1.1', 1],
        ['0.1.2', 1],
        ['1.1.1', 1],
        ['0.1.3', 1],
      ],
    );
    assert.deepEqual({ waitCount, scale, maxStaleness }, { waitCount: 4, scale: 1 / 4, maxStaleness: 1 });
    // Worker 1 had begun its second mini-batch.
    assert.deepEqual(
      ofType(effects, 'cancel').map(({ worker, attempt }) => [worker, attempt]),
      [
        [1, 2],
        [2, 1],
      ],
    );
    assert.deepEqual(assigned(effects), [
      [0, 'refreshed'],
      [1, 'restarted'],
      [2, 'restarted'],
    ]);
  });
});

describe('K-batch-async', () => {
  it('lets the others compute on, and counts what they give in a later round', () => {
    const engine = joinedScript('k-batch-async', { workers: 2, waitCount: 3 });
    engine.upload(0);
    engine.upload(0);
    const first = engine.upload(0);
    assert.deepEqual(
      commitOf(first).contributions.map(({ worker }) => worker),
      [0, 0, 0],
    );
    assert.deepEqual(ofType(first, 'cancel'), []);
    const late = engine.upload(1);
    assert.equal(ofType(late, 'accumulate')[0]?.staleness, 1);
    assert.equal(ofType(late, 'assign')[0]?.version, 1);
    engine.upload(0);
    const { contributions, scale } = commitOf(engine.upload(0));
    assert.deepEqual(
      contributions.map(({ worker, staleness, weight }) => [worker, staleness, weight]),
      [
        [1, 1, 1],
        [0, 0, 1],
        [0, 0, 1],
      ],
    );
    assert.equal(scale, 1 / 3);
  });
});

describe('Rennala SGD', () => {
  it('refuses what was computed at an older model, and gives its worker the newest', () => {
    const engine = joinedScript('rennala', { workers: 2, waitCount: 2 });
    engine.upload(0);
    const first = engine.upload(0);
    assert.deepEqual(
      commitOf(first).contributions.map(({ worker }) => worker),
      [0, 0],
    );
    assert.deepEqual(ofType(first, 'cancel'), [], 'nobody is interrupted');
    const late = engine.upload(1);
    assert.equal(ofType(late, 'discard')[0]?.reason, 'refused-by-policy');
    assert.deepEqual(assigned(late), [[1, 'refused']]);
    assert.equal(ofType(late, 'assign')[0]?.version, 1);
    engine.upload(1);
    const { version, contributions } = commitOf(engine.upload(0));
    assert.equal(version, 2);
    assert.deepEqual(
      contributions.map(({ worker, staleness }) => [worker, staleness]),
      [
        [1, 0],
        [0, 0],
      ],
    );
  });
});
