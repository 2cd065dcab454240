/** Settings that were given and change nothing are told. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { resolveTrainConfig } from '../../src/config/resolve.js';
import { unusedSettings } from '../../src/config/unused-settings.js';

describe('unusedSettings', () => {
  const unused = (said: Readonly<Record<string, unknown>>) => unusedSettings(said, resolveTrainConfig(said));

  it('names the settings that the policy does not read', () => {
    assert.deepEqual(unused({ policy: 'k-sync', a: 3, waitCount: 2, batchSize: 8, workers: 4 }), [
      'a has no effect: the policy k-sync does not use it',
    ]);
  });

  it('names what the rule of s(τ) leaves unread', () => {
    const said = { policy: 'fedasync', stalenessWeight: 'hinge', hingeDelay: 2, stalenessExponent: 1 };
    assert.deepEqual(unused(said), ['stalenessExponent has no effect: stalenessWeight is hinge']);
    assert.deepEqual(unused({ policy: 'fedbuff', hingeSlope: 1, stalenessExponent: 1 }), [
      'hingeSlope has no effect: stalenessWeight is polynomial',
    ]);
  });

  it('knows what each policy reads, also behind a prefix', () => {
    const all = { maxStaleness: 2, mixing: 0.5, compensation: 0.1, timeLimit: 3, trials: 2 };
    const read = (policy: string) => {
      const names = Object.keys(all).filter((name) =>
        unused({ ...all, policy }).every((line) => !line.startsWith(`${name} `)),
      );
      return names.join(' ');
    };
    assert.equal(read('mindflayer'), 'timeLimit trials');
    assert.equal(read('fedasync'), 'mixing');
    assert.equal(read('dc-asgd'), 'compensation');
    for (const policy of ['ssp', 'ringmaster', 'ringmaster-stops', 'sa-ssp', 'ga-ringmaster'])
      assert.equal(read(policy), 'maxStaleness');
    for (const policy of ['ringleader', 'diloco', 'asgd', 'rennala']) assert.equal(read(policy), '');
  });

  it('is silent where all are read', () => {
    assert.deepEqual(unused({ k0: 3, a: 9, threshold: 'ceil-a-over-k' }), []);
    assert.deepEqual(unused({ threshold: 'constant', maxStaleness: 3 }), []);
    for (const policy of ['k-async', 'k-sync']) assert.deepEqual(unused({ policy, k0: 3 }), []);
  });

  it('names what the rule for the bound leaves unread', () => {
    assert.deepEqual(unused({ a: 9, maxStaleness: 3 }), ['a has no effect: threshold is constant']);
    assert.deepEqual(unused({ maxStaleness: 3, threshold: 'floor-a-over-k' }), [
      'maxStaleness has no effect: threshold is floor-a-over-k, not constant',
    ]);
  });

  it('names what a fixed wait count leaves unread; k0 counts where a follows it', () => {
    assert.deepEqual(unused({ policy: 'k-async', k0: 3, waitCount: 2 }), [
      'k0 has no effect: waitCount fixes K',
    ]);
    assert.deepEqual(unused({ k0: 3, waitCount: 2 }), []);
    assert.deepEqual(unused({ k0: 3, waitCount: 2, a: 5, kRounding: 'ceil' }), [
      'k0 has no effect: waitCount fixes K',
      'kRounding has no effect: waitCount fixes K',
    ]);
  });

  it('names what only a round deadline makes a difference to', () => {
    assert.deepEqual(unused({ whenShort: 'wait' }), [
      'whenShort has no effect: without roundDeadline no round closes short',
    ]);
    assert.deepEqual(unused({ whenShort: 'wait', roundDeadline: 60 }), []);
  });

  it('names what a run without training leaves unread, a target accuracy included: it ends by its rounds', () => {
    const said = { compute: 'none', targetAccuracy: 0.5, learningRate: 0.1, batchSize: 8 };
    assert.deepEqual(unused(said), [
      'targetAccuracy has no effect: with compute none nothing is trained',
      'learningRate has no effect: with compute none nothing is trained',
    ]);
    assert.equal(resolveTrainConfig(said).rounds, 1000);
  });
});
