/** DiLoCo, delayed Nesterov and DC-ASGD: what of them the engine decides. The arithmetic is the parameter store's. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PolicyDefinition } from '../../../../protocols/sync/policy.js';
import { findPolicy } from '../../../../protocols/sync/registry.js';
import { commitOf, joinedScript, ofType, optionsFor } from '../../../support/engine-script.js';

function defaultsOf(name: string): PolicyDefinition['defaults'] {
  return findPolicy(name)?.defaults;
}

describe('DiLoCo', () => {
  it('averages all workers, and asks for an outer Nesterov step', () => {
    const engine = joinedScript('diloco', { workers: 3 });
    assert.deepEqual(ofType([...engine.upload(2), ...engine.upload(0)], 'commit'), []);
    const { contributions, scale } = commitOf(engine.upload(1));
    assert.deepEqual(
      contributions.map(({ worker, weight }) => [worker, weight]),
      [
        [2, 1],
        [0, 1],
        [1, 1],
      ],
    );
    assert.equal(scale, 1 / 3);
    assert.deepEqual(defaultsOf('diloco'), {
      serverOptimizer: 'nesterov',
      serverLearningRate: 0.7,
      serverMomentum: 0.9,
    });
  });
});

describe('delayed Nesterov', () => {
  it('takes every update at once, however stale, and asks for its own outer step', () => {
    const engine = joinedScript('delayed-nesterov', { workers: 2 });
    for (let upload = 0; upload < 9; upload += 1) engine.upload(0);
    const { contributions, scale, waitCount } = commitOf(engine.upload(1));
    assert.deepEqual(
      contributions.map(({ staleness, weight }) => [staleness, weight]),
      [[9, 1]],
    );
    assert.deepEqual([scale, waitCount], [1, 1]);
    assert.deepEqual(ofType(engine.effects, 'cancel'), []);
    assert.deepEqual(defaultsOf('delayed-nesterov'), {
      serverOptimizer: 'delayed-nesterov',
      serverLearningRate: 0.7,
      serverMomentum: 0.9,
    });
  });
});

describe('DC-ASGD', () => {
  it('takes every update at once, with the correction that its λ names', () => {
    const engine = joinedScript('dc-asgd', { workers: 2 });
    for (let upload = 0; upload < 5; upload += 1) engine.upload(0);
    const { contributions, scale, waitCount } = commitOf(engine.upload(1));
    assert.deepEqual(
      contributions.map(({ staleness, weight }) => [staleness, weight]),
      [[5, 1]],
    );
    assert.deepEqual([scale, waitCount], [1, 1]);
    const correction = (compensation?: number) =>
      optionsFor('dc-asgd', compensation === undefined ? {} : { compensation }).policy.correction;
    assert.deepEqual(correction(), { kind: 'delay-compensation', lambda: 0.04 });
    assert.deepEqual(correction(2), { kind: 'delay-compensation', lambda: 2 });
  });
});
