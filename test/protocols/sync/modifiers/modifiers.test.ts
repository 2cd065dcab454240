/** Staleness-aware and gap-aware, laid over policies: what they change, and that they change nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { findPolicy, modifiedNames, policyNames } from '../../../../protocols/sync/registry.js';
import { commitOf, joinedScript, ofType, optionsFor } from '../../../support/engine-script.js';

describe('staleness-aware', () => {
  it('divides the weight of an update that is τ > 0 versions behind by τ', () => {
    const engine = joinedScript('sa-k-async', { workers: 3, waitCount: 2 });
    for (const worker of [0, 1, 0, 1]) engine.upload(worker);
    engine.upload(2);
    const { contributions, scale } = commitOf(engine.upload(0));
    assert.deepEqual(
      contributions.map(({ worker, staleness, weight }) => [worker, staleness, weight]),
      [
        [2, 2, 1 / 2],
        [0, 0, 1],
      ],
    );
    assert.equal(scale, 1 / 2, 'the mean is over the updates, not over the weights');
    assert.match(ofType(engine.effects, 'accumulate').at(-2)?.reason ?? '', /1\/τ with τ = 2$/);
  });

  it('leaves the weight of an update that is 1 version behind', () => {
    const engine = joinedScript('sa-asgd', { workers: 2 });
    engine.upload(0);
    assert.equal(commitOf(engine.upload(1)).contributions[0]?.weight, 1);
  });

  it('divides the weight that the policy gives, and admits nothing that the policy refuses', () => {
    const mixed = joinedScript('sa-fedasync', { workers: 2, mixing: 0.6, stalenessExponent: 0.5 });
    for (let upload = 0; upload < 3; upload += 1) mixed.upload(0);
    const [stale] = commitOf(mixed.upload(1)).contributions;
    assert.ok(Math.abs((stale?.weight ?? NaN) - 0.1) < 1e-15, '0.6 / √4 / 3');
    const refusing = joinedScript('sa-ringmaster', { workers: 2, maxStaleness: 1 });
    refusing.upload(0);
    assert.equal(ofType(refusing.upload(1), 'discard')[0]?.reason, 'refused-by-policy');
  });

  it('does not fit a policy that weighs the parts of a commit itself', () => {
    assert.equal(findPolicy('sa-ringleader'), undefined);
    assert.ok(findPolicy('ga-ringleader'));
  });
});

describe('gap-aware', () => {
  it('has deltas corrected, and decides as the policy does', () => {
    const { policy } = optionsFor('ga-asgd', { workers: 2 });
    assert.deepEqual(policy.correction, { kind: 'gap-aware' });
    const [own, modified] = ['asgd', 'ga-asgd'].map((name) => {
      const engine = joinedScript(name, { workers: 2 });
      for (const worker of [0, 0, 1, 0]) engine.upload(worker);
      return engine.effects;
    });
    assert.deepEqual(modified, own);
  });

  it('does not fit a policy that corrects deltas itself', () => {
    for (const name of ['dc-asgd', 'fedasync']) assert.equal(findPolicy(`ga-${name}`), undefined);
  });
});

describe('modified policies', () => {
  it('have the settings of the policy, both sources, and the name by which they are called', () => {
    const found = findPolicy('sa-abs');
    const abs = findPolicy('abs');
    assert.ok(found && abs);
    assert.equal(found.name, 'sa-abs');
    assert.equal(optionsFor('sa-abs', {}).policy.name, 'sa-abs');
    assert.deepEqual(found.uses, abs.uses);
    assert.equal(found.source, 'arXiv 2301.08895; arXiv 1511.05950');
  });

  it('may have both modifiers, each once', () => {
    const engine = joinedScript('sa-ga-asgd', { workers: 2 });
    for (let upload = 0; upload < 4; upload += 1) engine.upload(0);
    assert.equal(commitOf(engine.upload(1)).contributions[0]?.weight, 1 / 4);
    assert.deepEqual(optionsFor('ga-sa-asgd', {}).policy.correction, { kind: 'gap-aware' });
    assert.equal(findPolicy('sa-sa-asgd'), undefined);
    assert.equal(findPolicy('ga-ga-asgd'), undefined);
    assert.equal(findPolicy('sa-'), undefined);
  });

  it('are all that fit', () => {
    assert.deepEqual(
      policyNames.filter((name) => !modifiedNames.includes(`sa-${name}`)),
      ['ringleader'],
    );
    assert.deepEqual(
      policyNames.filter((name) => !modifiedNames.includes(`ga-${name}`)),
      ['dc-asgd', 'fedasync'],
    );
  });
});
