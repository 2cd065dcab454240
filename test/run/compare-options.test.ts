/** What may be compared, and how what may not be is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { policyNames } from '../../protocols/sync/registry.js';
import { allowedPolicies } from '../../src/config/policy-names.js';
import { commandLineOrigin } from '../../src/config/origin.js';
import { StalewartError } from '../../src/errors.js';
import { type CompareOptions, resolveCompareOptions } from '../../src/run/compare-options.js';

const refusal = (options: CompareOptions, origin?: Parameters<typeof resolveCompareOptions>[1]) => {
  try {
    resolveCompareOptions(options, origin);
  } catch (error) {
    assert.ok(error instanceof StalewartError, String(error));
    assert.deepEqual([error.code, error.exitCode], ['CONFIG', 2]);
    return error.message.split('\n');
  }
  return assert.fail('it was not refused');
};

const flags = commandLineOrigin(new Set(['compare', 'seeds', 'seed', 'a']), null);
const half = { name: 'half', initial: () => null, waitCount: () => ({ value: 2, reason: 'two' }) };

describe('resolveCompareOptions', () => {
  it('takes names, maps with settings of their own, and policies as values', () => {
    const { entries } = resolveCompareOptions({
      compare: ['abs', { policy: 'abs', name: 'abs-a8', a: 8, learningRate: 0.05 }, half],
      workers: 5,
      k0: 2,
      a: 4,
    });
    assert.deepEqual(
      entries.map(({ name, policy, options: { config } }) => [name, policy, config.a, config.learningRate]),
      [
        ['abs', 'abs', 4, 0.1],
        ['abs-a8', 'abs', 8, 0.05],
        ['half', 'half', 4, 0.1],
      ],
    );
    assert.ok(entries.every(({ options }) => options.mode === 'simulated' && options.config.k0 === 2));
  });

  it('takes a text as the command line has it, and the one policy with several seeds', () => {
    const names = (options: CompareOptions) => resolveCompareOptions(options).entries.map(({ name }) => name);
    assert.deepEqual(names({ compare: 'abs, k-async' }), ['abs', 'k-async']);
    assert.deepEqual(names({ policy: 'asgd', seeds: 2 }), ['asgd']);
    assert.deepEqual(
      resolveCompareOptions({
        policy: 'k-async',
        compare: [{ name: 'two', waitCount: 2 }, 'abs'],
      }).entries.map(({ policy }) => policy),
      ['k-async', 'abs'],
    );
  });

  it('counts seeds from the first on, or takes those named', () => {
    const seeds = (options: CompareOptions) =>
      resolveCompareOptions({ compare: 'abs,asgd', ...options }).seeds;
    assert.deepEqual(seeds({}), [1]);
    assert.deepEqual(seeds({ seeds: 3, seed: 7 }), [7, 8, 9]);
    assert.deepEqual(seeds({ seeds: '2' }), [1, 2]);
    assert.deepEqual(seeds({ seeds: [5, 1] }), [5, 1]);
    assert.deepEqual(seeds({ seeds: '4,9' }), [4, 9]);
  });

  it('refuses seeds that are none', () => {
    const allowed = 'it must be an integer from 1 to 1000, or a list of different seeds such as 1,2,5';
    for (const [seeds, shown] of [
      [0, '0'],
      [1.5, '1.5'],
      [1001, '1001'],
      ['many', '"many"'],
      [[1, 1], '[1,1]'],
      [[], '[]'],
      ['1,x', '"1,x"'],
      [[-1, 2], '[-1,2]'],
    ] as const) {
      assert.deepEqual(refusal({ compare: 'abs,asgd', seeds }), [`seeds is ${shown}: ${allowed}`]);
    }
    assert.deepEqual(refusal({ compare: 'abs,asgd', seeds: 2, seed: 2 ** 53 - 1 }, flags), [
      `--seed is ${2 ** 53 - 1}: it must be at most ${2 ** 53 - 2} for 2 seeds from it on`,
    ]);
    assert.match(
      refusal({ compare: 'abs,asgd', seed: -1 }, flags)[0] ?? '',
      /^--seed is -1: it must be an integer/,
    );
  });

  it('refuses a setting that the policy of its entry does not use, and names those it does', () => {
    assert.deepEqual(refusal({ compare: ['abs', 'asgd', { policy: 'k-async', a: 4 }] }), [
      'compare[2].a is 4, which k-async does not use; it must be one of waitCount, k0',
    ]);
    assert.deepEqual(refusal({ compare: ['abs', { policy: 'asgd', k0: 3 }] }), [
      'compare[1].k0 is 3, which asgd does not use; it must be left out: it has no settings',
    ]);
  });

  it('refuses settings of an entry that make runs incomparable', () => {
    for (const [setting, value] of Object.entries({
      workers: 4,
      seed: 3,
      batchSize: 8,
      time: 9,
      evalEvery: 5,
    })) {
      assert.deepEqual(refusal({ compare: ['abs', { policy: 'asgd', [setting]: value }] }), [
        `compare[1].${setting} is ${value}: it must be set for all entries, beside compare`,
      ]);
    }
  });

  it('says all that is wrong with entries and with what is common at once, the latter once', () => {
    assert.deepEqual(
      refusal({ compare: ['abs', { policy: 'k-async', localSteps: 0 }, { policy: '5' }], batchSize: 0 }),
      [
        'batchSize is 0: it must be an integer from 1 to 65536',
        'compare[1].localSteps is 0: it must be an integer from 1 to 100000',
        `compare[2].policy is "5": it must be ${allowedPolicies(policyNames)}`,
      ],
    );
  });

  it('names an entry as its user wrote it', () => {
    assert.match(
      refusal({ compare: 'abs,abc' }, flags)[0] ?? '',
      /^--compare is "abc": it must be one of abs, /,
    );
    const lines = new Map([
      ['compare', 2],
      ['compare[1]', 4],
      ['compare[1].a', 5],
    ]);
    const file = commandLineOrigin(new Set(), { file: 'job.yaml', lines });
    assert.deepEqual(refusal({ compare: ['abs', { policy: 'asgd', a: 4 }] }, file), [
      'compare[1].a (job.yaml:5) is 4, which asgd does not use; it must be left out: it has no settings',
    ]);
    assert.match(
      refusal({ compare: ['abs', 'abc'] }, file)[0] ?? '',
      /^compare\[1\] \(job\.yaml:4\) is "abc": /,
    );
  });

  it('refuses what is no list of entries', () => {
    const forms = 'the name of a policy, or a map such as { policy: abs, a: 8 }';
    assert.deepEqual(refusal({ compare: [] }), [`compare is []: it must be a list, each ${forms}`]);
    assert.deepEqual(refusal({ compare: 'abs,' }), [`compare is "abs,": it must be a list, each ${forms}`]);
    const odd: unknown = ['abs', 5];
    assert.deepEqual(refusal({ compare: odd as CompareOptions['compare'] & object }), [
      `compare[1] is 5: it must be ${forms}`,
    ]);
    assert.deepEqual(refusal({ compare: [{ policy: 'abs', name: 'a b' }] }), [
      'compare[0].name is "a b": it must be 1 to 40 letters, digits, - and _',
    ]);
  });

  it('refuses names that are the same, also where a folder takes no notice of case', () => {
    const allowed =
      'a name that no other entry has; leave one out, or in a file name one of them: { policy: …, name: … }';
    assert.deepEqual(refusal({ compare: ['abs', 'abs'] }), [`compare[1] is "abs": it must be ${allowed}`]);
    assert.deepEqual(refusal({ compare: ['abs', { policy: 'abs', name: 'ABS', a: 8 }] }), [
      `compare[1].name is "ABS": it must be ${allowed}`,
    ]);
  });

  it('refuses a comparison in which every run would be the same, in one line', () => {
    assert.deepEqual(refusal({ compare: 'abs' }, flags), [
      '--compare is "abs": it must be accompanied by a second policy or entry, or by --seeds 2 or more: there is one run and nothing to compare',
    ]);
    const same = 'would make the same runs: change a setting of one of them, or leave it out';
    assert.deepEqual(refusal({ compare: ['abs', { policy: 'abs', name: 'other' }], seeds: 3 }), [
      `compare[1] (other) and compare[0] (abs) ${same}`,
    ]);
    // The default written out is no other setting.
    assert.deepEqual(refusal({ k0: 2, compare: ['abs', { policy: 'abs', name: 'a8', a: 8 }] }), [
      `compare[1] (a8) and compare[0] (abs) ${same}`,
    ]);
  });

  it('gives a policy that is made up by its local steps those, whatever the others take', () => {
    const { entries } = resolveCompareOptions({ compare: 'local-sgd,sync', localSteps: 20 });
    assert.deepEqual(
      entries.map(({ options: { config } }) => config.localSteps),
      [20, 1],
    );
    assert.deepEqual(refusal({ compare: ['abs', { policy: 'sync', localSteps: 2 }] }), [
      'compare[1].localSteps is 2: it must be 1 with the policy sync',
    ]);
  });

  it('tells once, and only of what has no effect on any run', () => {
    const warnings = (options: CompareOptions) => resolveCompareOptions(options).warnings;
    assert.deepEqual(warnings({ compare: 'abs,asgd,sync', a: 4 }), []);
    assert.deepEqual(warnings({ compare: 'k-async,asgd,sync', a: 4, heartbeat: 2 }), [
      'a has no effect: no entry of the comparison uses it',
      'heartbeat has no effect: time is simulated',
    ]);
    assert.deepEqual(warnings({ compare: 'abs,asgd', policy: 'sync', seed: 3, seeds: [1, 2] }), [
      'seed has no effect: seeds names the seeds',
      'policy has no effect: compare names the policies',
    ]);
    const named = { compare: 'abs,asgd', run: 'mine' };
    assert.deepEqual(warnings(named), []);
    assert.deepEqual(warnings({ ...named, out: 'there' }), ['run has no effect: out names the folder']);
    const own = [
      { policy: 'abs', a: 8 },
      { policy: 'abs', name: 'b', a: 9, waitCount: 2, kRounding: 'ceil' },
    ] as const;
    assert.deepEqual(warnings({ compare: own, a: 4 }), [
      'a has no effect: every entry has its own',
      'compare[1].kRounding has no effect: compare[1].waitCount fixes K',
    ]);
  });
});
