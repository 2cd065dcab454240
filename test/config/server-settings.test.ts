/** Settings of the server optimizer: where they come from, what is refused, what is told to be without effect. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PolicyDefinition } from '../../protocols/sync/policy.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import { serverOptimizerNames } from '../../protocols/sync/server-optimizer-names.js';
import { serverOptimizers } from '../../src/compute/server-optimizers/registry.js';
import { resolveTrainConfig } from '../../src/config/resolve.js';
import { unusedSettings } from '../../src/config/unused-settings.js';

/** With a policy that brings its own. */
function resolve(said: object, defaults?: PolicyDefinition['defaults']) {
  const policy = findPolicy('k-async') ?? assert.fail();
  if (defaults === undefined) return resolveTrainConfig(said);
  const own = { policies: [{ ...policy, name: 'mine', defaults }] };
  return resolveTrainConfig({ ...said, policy: 'mine' }, undefined, own);
}

function chosen(said: object, defaults?: PolicyDefinition['defaults']) {
  const { serverOptimizer, serverLearningRate, serverMomentum } = resolve(said, defaults);
  return [serverOptimizer, serverLearningRate, serverMomentum];
}

describe('settings of the server optimizer', () => {
  it('have the defaults of the optimizer', () => {
    for (const name of serverOptimizerNames) {
      const { learningRate } = serverOptimizers[name];
      assert.deepEqual(chosen({ serverOptimizer: name }), [name, learningRate, 0.9]);
    }
    assert.equal(resolve({ workers: 7 }).serverPeriod, 7);
    assert.equal(resolve({ workers: 7, serverPeriod: 3 }).serverPeriod, 3);
  });

  it('have the defaults that the policy brings along, and what the user says wins', () => {
    const defaults = { serverOptimizer: 'nesterov', serverLearningRate: 0.4, serverMomentum: 0.6 } as const;
    assert.deepEqual(chosen({}, defaults), ['nesterov', 0.4, 0.6]);
    assert.deepEqual(chosen({ serverMomentum: 0 }, defaults), ['nesterov', 0.4, 0]);
    assert.deepEqual(chosen({}, { serverOptimizer: 'nesterov' }), ['nesterov', 0.7, 0.9]);
  });

  it('have nothing of the policy where the user takes another optimizer', () => {
    const defaults = { serverOptimizer: 'nesterov', serverLearningRate: 0.4, serverMomentum: 0.6 } as const;
    assert.deepEqual(chosen({ serverOptimizer: 'adam' }, defaults), ['adam', 0.01, 0.9]);
    assert.deepEqual(chosen({ serverOptimizer: 'averaging' }, defaults), ['averaging', 1, 0.9]);
  });

  it('are read again from their result', () => {
    for (const serverOptimizer of serverOptimizerNames) {
      const config = resolve({ serverOptimizer });
      assert.deepEqual(resolveTrainConfig(config), config);
    }
  });

  const refused: [object, PolicyDefinition['defaults'], string][] = [
    [
      { serverOptimizer: 'nesterow' },
      undefined,
      'serverOptimizer is "nesterow": it must be one of averaging, sgd, momentum, nesterov, adam, yogi, delayed-nesterov (did you mean "nesterov"?)',
    ],
    [
      { serverLearningRate: 0 },
      undefined,
      'serverLearningRate is 0: it must be a number above 0 and at most 1000000',
    ],
    [
      { serverLearningRate: 0.5 },
      undefined,
      'serverLearningRate is 0.5: it must be 1 where serverOptimizer is averaging (sgd takes others)',
    ],
    [
      { serverOptimizer: 'averaging', serverLearningRate: 2 },
      { serverOptimizer: 'sgd' },
      'serverLearningRate is 2: it must be 1 where serverOptimizer is averaging (sgd takes others)',
    ],
    [
      { serverOptimizer: 'momentum', serverMomentum: 1 },
      undefined,
      'serverMomentum is 1: it must be a number of at least 0 and below 1',
    ],
    [
      { serverOptimizer: 'adam', serverBeta2: 1 },
      undefined,
      'serverBeta2 is 1: it must be a number of at least 0 and below 1',
    ],
    [
      { serverOptimizer: 'adam', serverEpsilon: 0 },
      undefined,
      'serverEpsilon is 0: it must be a number above 0 and at most 1000000',
    ],
    [
      { serverOptimizer: 'delayed-nesterov', serverPeriod: 0 },
      undefined,
      'serverPeriod is 0: it must be an integer from 1 to 1000000',
    ],
    [
      {},
      JSON.parse('{"serverOptimizer":"magic"}'),
      'the policy mine cannot be used: it brings serverOptimizer "magic", and it must be one of averaging, sgd, momentum, nesterov, adam, yogi, delayed-nesterov',
    ],
    [
      {},
      { serverLearningRate: 0.5 },
      'the policy mine cannot be used: it brings serverLearningRate, which the server optimizer averaging does not use',
    ],
    [
      {},
      { serverOptimizer: 'momentum', serverMomentum: 1 },
      'the policy mine cannot be used: it brings serverMomentum 1, and it must be a number of at least 0 and below 1',
    ],
  ];
  for (const [said, defaults, message] of refused) {
    it(`are refused: ${message.slice(0, 70)}…`, () => {
      assert.throws(() => resolve(said, defaults), { code: 'CONFIG', message });
    });
  }

  it('are told to be without effect where the optimizer does not read them', () => {
    const unused = (said: Readonly<Record<string, unknown>>) =>
      unusedSettings(said, resolveTrainConfig(said));
    assert.deepEqual(unused({ serverMomentum: 0.5, serverPeriod: 3 }), [
      'serverMomentum has no effect: the server optimizer averaging does not use it',
      'serverPeriod has no effect: the server optimizer averaging does not use it',
    ]);
    assert.deepEqual(unused({ serverOptimizer: 'nesterov', serverLearningRate: 0.5, serverBeta2: 0.9 }), [
      'serverBeta2 has no effect: the server optimizer nesterov does not use it',
    ]);
    const all = { serverLearningRate: 0.5, serverMomentum: 0.5, serverBeta2: 0.9, serverEpsilon: 0.1 };
    assert.deepEqual(unused({ serverOptimizer: 'yogi', ...all }), []);
    assert.deepEqual(unused({ serverOptimizer: 'delayed-nesterov', serverPeriod: 3 }), []);
    assert.deepEqual(unused({ serverOptimizer: 'adam', compute: 'none' }), [
      'serverOptimizer has no effect: with compute none nothing is trained',
    ]);
  });
});
