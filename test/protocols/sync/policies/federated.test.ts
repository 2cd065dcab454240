/** FedAsync and FedBuff: s(τ) and what it weighs, by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PolicySettingsInput } from '../../../../protocols/sync/settings.js';
import { commitOf, joinedScript, ofType, optionsFor } from '../../../support/engine-script.js';

/** α·s(τ) of an update that is `staleness` versions behind. */
function weightOf(settings: PolicySettingsInput, staleness: number): number | undefined {
  const engine = joinedScript('fedasync', { workers: 2, ...settings });
  for (let upload = 0; upload < staleness; upload += 1) engine.upload(0);
  return commitOf(engine.upload(1)).contributions[0]?.weight;
}

describe('FedAsync', () => {
  it('moves the model α·(τ + 1)^−x of the way to that of the worker', () => {
    const settings = { mixing: 0.5, stalenessExponent: 0.5 };
    assert.deepEqual(
      [0, 3, 8].map((staleness) => weightOf(settings, staleness)),
      [1 / 2, 1 / 4, 1 / 6],
    );
    const { policy } = optionsFor('fedasync', settings);
    assert.deepEqual(policy.correction, { kind: 'toward-model' });
  });

  it('with the hinge loses nothing up to the delay, and 1 / (slope · more + 1) beyond it', () => {
    const hinge = { mixing: 1, stalenessWeight: 'hinge', hingeDelay: 1, hingeSlope: 10 } as const;
    assert.deepEqual(
      [0, 1, 2, 3].map((staleness) => weightOf(hinge, staleness)),
      [1, 1, 1 / 11, 1 / 21],
    );
  });

  it('with constant weight is as sure of old updates as of fresh ones', () => {
    assert.equal(weightOf({ mixing: 0.3, stalenessWeight: 'constant' }, 5), 0.3);
  });

  it('applies each update at once, unscaled', () => {
    const { scale, waitCount } = commitOf(joinedScript('fedasync', { workers: 2 }).upload(1));
    assert.deepEqual([scale, waitCount], [1, 1]);
  });
});

describe('FedBuff', () => {
  it('divides the sum of K weighted updates by K, not by their weights', () => {
    const engine = joinedScript('fedbuff', { workers: 2, waitCount: 2 });
    engine.upload(0);
    engine.upload(0);
    engine.upload(1);
    const { contributions, scale } = commitOf(engine.upload(0));
    assert.deepEqual(
      contributions.map(({ worker, staleness }) => [worker, staleness]),
      [
        [1, 1],
        [0, 0],
      ],
    );
    const [stale, fresh] = contributions.map(({ weight }) => weight);
    assert.ok(Math.abs((stale ?? NaN) - Math.SQRT1_2) < 1e-15);
    assert.equal(fresh, 1);
    assert.equal(scale, 1 / 2);
    assert.deepEqual(ofType(engine.effects, 'cancel'), []);
  });
});
