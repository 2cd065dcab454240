/** From what was said to what holds, and the one line per setting that is wrong. */
import assert from 'node:assert/strict';
import { availableParallelism, tmpdir } from 'node:os';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import fc from 'fast-check';
import { modifiedNames, policies, policyNames } from '../../protocols/sync/registry.js';
import { resolveTrainConfig } from '../../src/config/resolve.js';
import { withoutCredentials } from '../../src/config/without-credentials.js';
import { StalewartError } from '../../src/errors.js';

/** The lines of a configuration error. */
function refusal(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof StalewartError, String(error));
    assert.equal(error.code, 'CONFIG');
    assert.equal(error.exitCode, 2);
    return error.message.split('\n');
  }
  return assert.fail('nothing was refused');
}

describe('resolveTrainConfig', () => {
  it('writes out every default', () => {
    assert.deepEqual(resolveTrainConfig({}), {
      policy: 'abs',
      workers: 10,
      k0: 2,
      a: 8,
      kRounding: 'floor',
      kMonotone: true,
      lossSmoothing: 0.9,
      threshold: 'floor-a-over-k',
      stalenessTest: 'ge',
      mixing: 0.6,
      stalenessWeight: 'polynomial',
      stalenessExponent: 0.5,
      hingeDelay: 4,
      hingeSlope: 10,
      compensation: 0.04,
      timeLimit: 2,
      trials: 1,
      serverOptimizer: 'averaging',
      serverLearningRate: 1,
      serverMomentum: 0.9,
      serverBeta2: 0.99,
      serverEpsilon: 0.001,
      serverPeriod: 10,
      localSteps: 10,
      batchSize: 32,
      learningRate: 0.1,
      localOptimizer: 'sgd',
      model: 'lenet',
      backend: 'auto',
      engine: 'auto',
      compute: 'gradients',
      threads: availableParallelism(),
      skipNonFinite: false,
      dataset: 'cifar10',
      partition: 'iid',
      repartition: false,
      dataDir: null,
      straggler: { law: 'none' },
      slowdown: {},
      bandwidth: {},
      latency: {},
      serverBandwidth: null,
      bursts: {},
      nats: null,
      processes: null,
      heartbeat: 1,
      suspectAfter: 3,
      deadAfter: 10,
      uploadRetry: 2,
      joinsPerSecond: 100,
      maxInboundBytes: 2 ** 28,
      maxRestarts: 5,
      restartWindow: 60,
      restartBackoff: 0.5,
      restartBackoffMax: 10,
      rounds: 1000,
      targetAccuracy: null,
      time: null,
      roundDeadline: null,
      whenShort: 'degrade',
      evalEvery: 50,
      evalEveryTime: null,
      evalSamples: null,
      seed: 1,
      run: null,
      out: null,
      json: false,
    });
  });

  it('reads its own result again, also through JSON', () => {
    const config = resolveTrainConfig({
      workers: 20,
      a: Infinity,
      maxStaleness: 3,
      straggler: 'pareto:shape=3',
      slowdown: '0:3',
      bursts: '1:on=1,off=2,factor=3',
      nats: 'localhost',
      time: 60,
    });
    assert.deepEqual(resolveTrainConfig(config), config);
    const json = JSON.stringify(config, (_key, value: unknown) => (value === Infinity ? 'Infinity' : value));
    assert.deepEqual(resolveTrainConfig(JSON.parse(json)), config);
  });

  it('derives what depends on other settings', () => {
    const { k0, a, threshold } = resolveTrainConfig({ workers: 23, maxStaleness: 4 });
    assert.deepEqual({ k0, a, threshold }, { k0: 4, a: 16, threshold: 'constant' });
    assert.equal(resolveTrainConfig({ policy: 'sync' }).localSteps, 1);
    assert.equal(resolveTrainConfig({ time: 60 }).rounds, null);
    assert.equal(resolveTrainConfig({ targetAccuracy: 0.5 }).rounds, null);
    assert.equal(resolveTrainConfig({ targetAccuracy: 0.5, rounds: 7 }).rounds, 7);
    assert.equal(resolveTrainConfig({ rounds: null }).rounds, null);
    assert.equal(resolveTrainConfig({ partition: 'shards:02' }).partition, 'shards:2');
    assert.deepEqual(resolveTrainConfig({ nats: 'a:1, tls://b' }).nats, ['nats://a:1', 'tls://b']);
  });

  it('accepts every registered policy, and every modified one', () => {
    for (const policy of [...policyNames, ...modifiedNames, 'sa-ga-k-async'])
      assert.equal(resolveTrainConfig({ policy }).policy, policy);
  });

  it('takes more mini-batches than workers where those are counted', () => {
    for (const policy of ['k-batch-sync', 'k-batch-async', 'rennala', 'fedbuff', 'ga-fedbuff'])
      assert.equal(resolveTrainConfig({ policy, workers: 3, waitCount: 40 }).waitCount, 40);
  });

  it('accepts what the program brings along', () => {
    const [abs] = policies;
    assert.ok(abs);
    const own = { policies: [{ ...abs, name: 'mine' }], models: ['my-model'], datasets: ['my-data'] };
    const config = resolveTrainConfig(
      { policy: 'mine', model: 'my-model', dataset: 'my-data' },
      undefined,
      own,
    );
    assert.equal(config.policy, 'mine');
  });

  const policyList =
    'one of abs, ada-sync, ada-k-sync, k-async, k-sync, k-batch-sync, k-batch-async, asgd, sync, local-sgd, ssp, ringmaster, ringmaster-stops, ' +
    'rennala, ringleader, mindflayer, dc-asgd, fedasync, fedbuff, diloco, delayed-nesterov, ' +
    'or one of them with sa- (staleness-aware) or ga- (gap-aware) before it';
  const modelList = 'one of lenet, mlp, resnet8, or the path of a module that exports createModel';
  const datasetList =
    'one of cifar10, cifar100, mnist, fashion-mnist, synthetic, synthetic:SETTINGS, or the path of a module or folder';
  const refused: [object, string][] = [
    [{ policy: 'ab' }, `policy is "ab": it must be ${policyList} (did you mean "abs"?)`],
    [{ policy: 'x' }, `policy is "x": it must be ${policyList}`],
    [{ policy: 'sa-abss' }, `policy is "sa-abss": it must be ${policyList} (did you mean "sa-abs"?)`],
    [{ policy: 'sb-abs' }, `policy is "sb-abs": it must be ${policyList} (did you mean "sa-abs"?)`],
    [
      { policy: 'ga-fedasync' },
      'policy is "ga-fedasync": it must be one that ga- (gap-aware) fits, which fedasync is not: it corrects deltas itself',
    ],
    [
      { policy: 'sa-ringleader' },
      'policy is "sa-ringleader": it must be one that sa- (staleness-aware) fits, which ringleader is not: it weighs the updates of a commit itself',
    ],
    [
      { policy: 'sa-sa-abs' },
      'policy is "sa-sa-abs": it must be one that sa- (staleness-aware) fits, which sa-abs is not: it is staleness-aware already',
    ],
    [
      { policy: 'ga-k-async', workers: 3, waitCount: 4 },
      'waitCount is 4: it must be at most the number of workers, which is 3',
    ],
    [
      { policy: 'rennala', workers: 3, k0: 4 },
      'k0 is 4: it must be at most the number of workers, which is 3',
    ],
    [{ policy: 'ssp', maxStaleness: 0 }, 'maxStaleness is 0: it must be an integer of at least 1'],
    [{ mixing: 0 }, 'mixing is 0: it must be a number above 0 and at most 1'],
    [
      { stalenessWeight: 'linear' },
      'stalenessWeight is "linear": it must be one of polynomial, hinge, constant',
    ],
    [{ stalenessExponent: -1 }, 'stalenessExponent is -1: it must be a number from 0 to 10'],
    [{ timeLimit: 0 }, 'timeLimit is 0: it must be a number above 0'],
    [{ trials: 0 }, 'trials is 0: it must be an integer from 1 to 1000'],
    [{ compensation: -0.1 }, 'compensation is -0.1: it must be a number of at least 0'],
    [{ workers: 0 }, 'workers is 0: it must be an integer from 1 to 10000'],
    [{ workers: 2.5 }, 'workers is 2.5: it must be an integer from 1 to 10000'],
    [{ workers: '3' }, 'workers is "3": it must be an integer from 1 to 10000'],
    [{ k0: 11 }, 'k0 is 11: it must be at most the number of workers, which is 10'],
    [{ workers: 3, waitCount: 4 }, 'waitCount is 4: it must be at most the number of workers, which is 3'],
    [{ a: 0 }, 'a is 0: it must be a number above 0 or Infinity'],
    [{ a: -3 }, 'a is -3: it must be a number above 0 or Infinity'],
    [{ lossSmoothing: 1 }, 'lossSmoothing is 1: it must be a number of at least 0 and below 1'],
    [
      { threshold: 'constant' },
      'threshold is "constant": it must be accompanied by maxStaleness, the constant',
    ],
    [{ maxStaleness: 0 }, 'maxStaleness is 0: it must be an integer of at least 1'],
    [{ stalenessTest: '>=' }, 'stalenessTest is ">=": it must be one of ge, gt'],
    [{ localSteps: 0 }, 'localSteps is 0: it must be an integer from 1 to 100000'],
    [{ policy: 'sync', localSteps: 10 }, 'localSteps is 10: it must be 1 with the policy sync'],
    [{ batchSize: -1 }, 'batchSize is -1: it must be an integer from 1 to 65536'],
    [{ learningRate: 0 }, 'learningRate is 0: it must be a number above 0 and at most 1000000'],
    [{ learningRate: Number.NaN }, 'learningRate is NaN: it must be a number above 0 and at most 1000000'],
    [
      { localOptimizer: 'adma' },
      'localOptimizer is "adma": it must be one of sgd, momentum, adam (did you mean "adam"?)',
    ],
    [{ model: 'lennet' }, `model is "lennet": it must be ${modelList} (did you mean "lenet"?)`],
    [{ model: './absent.js' }, `model is "./absent.js": it must be ${modelList}, and there is no such file`],
    [{ engine: 'fast' }, 'engine is "fast": it must be one of auto, plan, tfjs'],
    [{ threads: 0 }, 'threads is 0: it must be an integer from 1 to 1024'],
    [
      { partition: 'dirichlet:0' },
      'partition is "dirichlet:0": it must be iid, dirichlet:ALPHA (ALPHA > 0) or shards:C (C a positive integer)',
    ],
    [{ dataset: 'minst' }, `dataset is "minst": it must be ${datasetList} (did you mean "mnist"?)`],
    [{ dataset: './absent' }, `dataset is "./absent": it must be ${datasetList}, and there is no such file`],
    [
      { dataset: 'synthetic:size=1' },
      'dataset is "synthetic:size=1": it must be synthetic with size an integer from 4 to 256, and it is 1',
    ],
    [
      { straggler: { law: 'gamma', vmach: -1 } },
      'straggler is {"law":"gamma","vmach":-1}: it must be gamma with vmach a number from 0 to 10, and it is -1',
    ],
    [{ slowdown: '17:3' }, 'slowdown is "17:3": it must be for workers 0 to 9, and 17 is none of them'],
    [
      { slowdown: { 3: 0.5 } },
      'slowdown is {"3":0.5}: it must be WORKER:FACTOR,… with factors of at least 1, such as 0:3,4:5, and the factor of 3 is 0.5',
    ],
    [
      { bursts: { 10: { on: 1, off: 1, factor: 2 } } },
      'bursts is {"10":{"on":1,"off":1,"factor":2}}: it must be for workers 0 to 9, and 10 is none of them',
    ],
    [
      { nats: 'http://x' },
      'nats is "http://x": it must be nats://HOST:PORT or tls://HOST:PORT, several separated by commas',
    ],
    [{ nats: '' }, 'nats is "": it must be nats://HOST:PORT or tls://HOST:PORT, several separated by commas'],
    [{ repartition: true, workers: 2501 }, 'workers is 2501: it must be at most 2500 with repartition'],
    [{ heartbeat: 3 }, 'suspectAfter is 3: it must be more than heartbeat, which is 3'],
    [{ suspectAfter: 10 }, 'deadAfter is 10: it must be more than suspectAfter, which is 10'],
    [{ deadAfter: 8, roundDeadline: 8 }, 'deadAfter is 8: it must be less than roundDeadline, which is 8'],
    [{ deadAfter: 60, time: 30 }, 'deadAfter is 60: it must be less than time, which is 30'],
    [
      { restartBackoffMax: 0.1 },
      'restartBackoffMax is 0.1: it must be at least restartBackoff, which is 0.5',
    ],
    [{ time: 0 }, 'time is 0: it must be a number above 0 and at most 1000000000 or none'],
    [{ targetAccuracy: 60 }, 'targetAccuracy is 60: it must be a number above 0 and at most 1 or none'],
    [{ run: 'a b' }, 'run is "a b": it must be 1 to 64 letters, digits, - and _'],
    [{ json: 'yes' }, 'json is "yes": it must be true or false'],
    [{ batch_size: 3 }, 'batch_size is not a setting (did you mean "batchSize"?)'],
    [{ foo: 3 }, 'foo is not a setting'],
    [[], 'the configuration is []: it must be a map of settings'],
  ];
  for (const [input, line] of refused) {
    it(`refuses ${JSON.stringify(input)}`, () => {
      assert.deepEqual(
        refusal(() => resolveTrainConfig(input)),
        [line],
      );
    });
  }

  it('names every wrong setting on a line of its own, also across settings', () => {
    const lines = refusal(() => resolveTrainConfig({ policy: 'ab', k0: 12, batchSize: 0, foo: 1 }));
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['batchSize', 'foo', 'policy', 'k0'],
    );
  });

  it('does not hold a setting against another one that is wrong itself', () => {
    assert.deepEqual(
      refusal(() => resolveTrainConfig({ workers: -20, k0: 12 })),
      ['workers is -20: it must be an integer from 1 to 10000'],
    );
  });

  it('answers whatever it is given with a configuration or with its own error', () => {
    const anything = fc.dictionary(
      fc.constantFrom(...Object.keys(resolveTrainConfig({})), 'other'),
      fc.anything({ withBigInt: true, withNullPrototype: true }),
      {
        maxKeys: 6,
      },
    );
    fc.assert(
      fc.property(anything, (input) => {
        try {
          resolveTrainConfig(input);
        } catch (error) {
          assert.ok(error instanceof StalewartError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('credentials of NATS servers', () => {
  const lines = (nats: unknown) => refusal(() => resolveTrainConfig({ nats })).join('\n');

  it('stay in the configuration, and are left out of what is kept', () => {
    const config = resolveTrainConfig({ nats: 'nats://me:secret@a:1,tls://token@b' });
    assert.deepEqual(config.nats, ['nats://me:secret@a:1', 'tls://token@b']);
    assert.deepEqual(withoutCredentials(config).nats, ['nats://a:1', 'tls://b:4222']);
    const without = resolveTrainConfig({});
    assert.equal(withoutCredentials(without), without);
  });

  it('are not shown by the error that refuses an address', () => {
    const wrong = [
      'nats://me:secret@host:99999',
      'http://me:secret@host',
      'me:sec/ret@host:1',
      ['nats://ok', 'nats://secret@host/path'],
      'nats://a,nats://secret,ret@b:0',
    ];
    for (const nats of wrong) {
      assert.match(lines(nats), /^nats is .*: it must be nats:\/\/HOST:PORT/);
      assert.doesNotMatch(lines(nats), /sec|ret@|me:/);
    }
  });
});

describe('when a run is evaluated', () => {
  const evaluations = (input: object) => {
    const { evalEvery, evalEveryTime } = resolveTrainConfig(input);
    return [evalEvery, evalEveryTime];
  };

  it('is every 50 rounds, or only by time where that alone is given', () => {
    assert.deepEqual(evaluations({}), [50, null]);
    assert.deepEqual(evaluations({ evalEveryTime: 2 }), [null, 2]);
    assert.deepEqual(evaluations({ evalEveryTime: 2, evalEvery: 9 }), [9, 2]);
    assert.deepEqual(evaluations({ evalEvery: null }), [null, null]);
  });

  it('is not more than a million times', () => {
    assert.deepEqual(
      refusal(() => resolveTrainConfig({ time: 10, evalEveryTime: 1e-6 })),
      [
        'evalEveryTime is 0.000001: it must be at least 0.00001: a run of 10 would be evaluated over a million times',
      ],
    );
    assert.deepEqual(evaluations({ time: 10, evalEveryTime: 1e-5 }), [null, 1e-5]);
  });

  it('may not be never where a target accuracy is to end the run', () => {
    assert.deepEqual(
      refusal(() => resolveTrainConfig({ targetAccuracy: 0.5, evalEvery: null })),
      ['targetAccuracy is 0.5: it must be accompanied by evalEvery or evalEveryTime: nothing measures it'],
    );
    assert.deepEqual(evaluations({ targetAccuracy: 0.5, evalEveryTime: 2 }), [null, 2]);
  });
});

describe('a trace named by the configuration', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stalewart-config-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is looked at before the run', () => {
    const file = join(folder, 'trace.csv');
    writeFileSync(file, 'time,worker\n1,0\n2,1\n');
    const straggler = `empirical:file=${file}`;
    assert.deepEqual(resolveTrainConfig({ straggler, workers: 2 }).straggler, { law: 'empirical', file });
    assert.deepEqual(
      refusal(() => resolveTrainConfig({ straggler, workers: 3 })),
      [
        `straggler is "${straggler}": it must be a trace with times of every worker from 0 to 2 or without a column worker, and it has none of worker 2`,
      ],
    );
  });
});
