/** Ringleader ASGD over two tables of two workers, one fast and one slow, every weight by hand; and who leaves on the way. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Commit } from '../../../../protocols/sync/events.js';
import { createParameterStore } from '../../../../src/compute/parameter-store.js';
import { commitOf, joinedScript, ofType } from '../../../support/engine-script.js';

/** Its contributions as [update, weight, staleness, whether it was in a step before]. */
function table({ contributions }: Commit) {
  return contributions.map(({ updateId, weight, staleness, repeated = false }) => [
    updateId,
    weight,
    staleness,
    repeated,
  ]);
}

describe('Ringleader ASGD', () => {
  it('steps over a full table once for each worker, and puts what is beyond that into the next', () => {
    const engine = joinedScript('ringleader', { workers: 2 });
    // Deltas of a model of one weight, by update; it is 0 before the first step.
    const deltas: Readonly<Record<string, number>> = {
      '0.1.1': 1,
      '0.1.2': 3,
      '1.1.1': 8,
      '1.1.2': 6,
      '0.1.3': 5,
      '0.1.4': 2,
      '0.1.5': 100,
      '1.1.3': 4,
    };
    const store = createParameterStore(Float32Array.of(0));
    const upload = (worker: number) => {
      const effects = engine.upload(worker);
      for (const effect of effects) {
        if (effect.type === 'accumulate')
          store.hold(effect.updateId, Float32Array.of(deltas[effect.updateId] ?? NaN));
        if (effect.type === 'commit') store.commit(effect);
        if (effect.type === 'discard') store.drop(effect.updateId);
      }
      return effects;
    };
    const w = () => store.current()[0];

    // The first table: worker 0 gives two updates before worker 1 gives its first.
    assert.deepEqual(ofType(upload(0), 'commit'), []);
    assert.deepEqual(ofType(upload(0), 'commit'), []);
    const first = commitOf(upload(1));
    assert.deepEqual(table(first), [
      ['0.1.1', 1 / 2, 0, false],
      ['0.1.2', 1 / 2, 0, false],
      ['1.1.1', 1, 0, false],
    ]);
    assert.deepEqual([first.scale, first.waitCount, first.degraded], [1 / 2, 3, null]);
    assert.deepEqual(first.kept, ['0.1.1', '0.1.2', '1.1.1']);
    // ½ · ((1 + 3) / 2 + 8)
    assert.equal(w(), 5);

    // Worker 1 has made its step: what it gives is for the next table.
    assert.deepEqual(ofType(upload(1), 'commit'), []);
    const second = commitOf(upload(0));
    assert.deepEqual(table(second), [
      ['0.1.1', 1 / 3, 1, true],
      ['0.1.2', 1 / 3, 1, true],
      ['1.1.1', 1, 1, true],
      ['0.1.3', 1 / 3, 1, false],
    ]);
    assert.equal(second.kept, undefined, 'the table is done');
    // ½ · ((1 + 3 + 5) / 3 + 8)
    assert.equal(w(), 10.5);

    // The second table has something of worker 1 already: the next update of worker 0 fills it.
    const third = commitOf(upload(0));
    assert.deepEqual(table(third), [
      ['1.1.2', 1, 1, false],
      ['0.1.4', 1, 0, false],
    ]);
    // ½ · (6 + 2)
    assert.equal(w(), 14.5);
    assert.deepEqual(ofType(upload(0), 'commit'), [], 'for the third table');
    const fourth = commitOf(upload(1));
    assert.deepEqual(table(fourth), [
      ['1.1.2', 1 / 2, 2, true],
      ['0.1.4', 1, 1, true],
      ['1.1.3', 1 / 2, 2, false],
    ]);
    // ½ · ((6 + 4) / 2 + 2)
    assert.equal(w(), 18);
    assert.deepEqual(
      engine.state.contributions.map(({ updateId }) => updateId),
      ['0.1.5'],
    );
    assert.deepEqual(ofType(engine.effects, 'discard'), [], 'nothing is discarded');
    assert.equal(store.held, 1, 'the store has let go of the rest');
  });

  it('makes no step because somebody is lost', () => {
    const engine = joinedScript('ringleader', { workers: 3 });
    for (const worker of [0, 1, 2]) engine.upload(worker);
    assert.equal(engine.state.version, 1);
    const lost = engine.lose(2, true);
    assert.deepEqual(
      ofType(lost, 'discard').map(({ updateId, reason }) => [updateId, reason]),
      [['2.1.1', 'released']],
    );
    assert.deepEqual(ofType(lost, 'commit'), []);
  });

  it('does not wait for the step of a worker that is gone for good', () => {
    const engine = joinedScript('ringleader', { workers: 3 });
    for (const worker of [0, 1, 2, 0]) engine.upload(worker);
    assert.equal(engine.state.version, 2, 'workers 2 and 0 have made their steps');
    engine.lose(1, false);
    const last = commitOf(engine.upload(2));
    assert.equal(last.kept, undefined);
    assert.equal(last.scale, 1 / 2);
    // The next table is of the two that are left.
    engine.upload(0);
    assert.equal(commitOf(engine.upload(2)).version, 4);
  });
});
