/** Ringmaster ASGD: the delay that is dropped, or not let happen, by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { assigned, joinedScript, ofType } from '../../../support/engine-script.js';

describe('Ringmaster ASGD', () => {
  it('applies what is less than R versions behind, and drops what is R behind', () => {
    const engine = joinedScript('ringmaster', { workers: 3, maxStaleness: 2 });
    engine.upload(0);
    const behind = ofType(engine.upload(1), 'commit')[0]?.contributions;
    assert.deepEqual(
      behind?.map(({ staleness, weight }) => [staleness, weight]),
      [[1, 1]],
    );
    const dropped = engine.upload(2);
    assert.equal(ofType(dropped, 'discard')[0]?.reason, 'refused-by-policy');
    assert.equal(ofType(dropped, 'discard')[0]?.detail, 'delay 2 ≥ 2');
    assert.deepEqual(assigned(dropped), [[2, 'refused']]);
    assert.equal(engine.state.version, 2, 'a dropped update makes no version');
    assert.equal(ofType(engine.upload(2), 'commit')[0]?.contributions[0]?.staleness, 0);
    assert.deepEqual(ofType(engine.effects, 'cancel'), []);
  });

  it('has R = 2N where none is given', () => {
    const engine = joinedScript('ringmaster', { workers: 2 });
    for (let upload = 0; upload < 4; upload += 1) engine.upload(0);
    assert.equal(ofType(engine.upload(1), 'discard')[0]?.detail, 'delay 4 ≥ 4');
  });
});

describe('Ringmaster ASGD with stops', () => {
  it('restarts a worker as soon as its delay reaches R, so that nothing is dropped on arrival', () => {
    const engine = joinedScript('ringmaster-stops', { workers: 3, maxStaleness: 2 });
    assert.deepEqual(ofType(engine.upload(0), 'cancel'), []);
    const effects = engine.upload(0);
    assert.deepEqual(
      ofType(effects, 'cancel').map(({ worker, staleness }) => [worker, staleness]),
      [
        [1, 2],
        [2, 2],
      ],
    );
    assert.deepEqual(assigned(effects), [
      [0, 'refreshed'],
      [1, 'restarted'],
      [2, 'restarted'],
    ]);
    assert.equal(ofType(engine.upload(1, { attempt: 1 }), 'discard')[0]?.reason, 'dead-attempt');
    assert.equal(ofType(engine.upload(2), 'commit')[0]?.contributions[0]?.staleness, 0);
  });
});
