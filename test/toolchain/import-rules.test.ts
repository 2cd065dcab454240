/**
 * Every rule of .dependency-cruiser.cjs fires on a tree that breaks it once, and on nothing else: a rule that cannot
 * fail would hold nothing.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createCheckedTree, type CheckedTree } from '../support/checked-tree.js';

/** By rule: the module that breaks it, and what it imports. */
const violations: Readonly<Record<string, readonly [from: string, specifier: string][]>> = {
  'no-cycles': [['dist/src/report/cycle-a.js', './cycle-b.js']],
  'protocols-are-pure': [
    ['dist/protocols/sync/reads-files.js', 'node:fs'],
    ['dist/protocols/sync/reads-clock.js', '../../src/clock/clock.js'],
    ['dist/protocols/wire/other-package.js', 'winston'],
  ],
  'actors-are-below-run': [
    ['dist/actors/knows-run.js', '../src/run/run.js'],
    ['dist/actors/makes-compute.js', '../src/compute/compute-pool.js'],
  ],
  'simulator-is-beside-actors': [
    ['dist/src/simulator/knows-actors.js', '../../actors/server.js'],
    ['dist/src/replay/knows-run.js', '../run/run.js'],
  ],
  'parts-know-no-floor-above': [
    ['dist/src/transport/knows-actors.js', '../../actors/server.js'],
    ['dist/src/compute/knows-run.js', '../run/run.js'],
    ['dist/src/telemetry/knows-simulator.js', '../simulator/simulator.js'],
  ],
  'run-knows-no-cli': [['dist/src/run/knows-cli.js', '../cli/main.js']],
  'door-is-for-others': [['dist/src/run/uses-door.js', '../index.js']],
  'nact-in-supervision-only': [
    ['dist/src/run/uses-nact.js', 'nact'],
    ['dist/actors/supervision/uses-nact.js', 'nact'],
  ],
  'nats-in-transport-only': [['dist/src/run/uses-nats.js', 'nats']],
  'tensorflow-in-compute-only': [
    ['dist/src/run/uses-tensorflow.js', '@tensorflow/tfjs'],
    ['dist/src/telemetry/uses-backend.js', '@tensorflow/tfjs-backend-wasm'],
  ],
  'no-test-code-in-product': [['dist/src/run/uses-test-code.js', '../../test/support/helper.js']],
  'only-own-dependencies': [
    ['dist/src/run/uses-fast-check.js', 'fast-check'],
    ['dist/src/run/uses-unlisted.js', 'denque'],
  ],
  'no-unresolvable': [['dist/src/run/lost.js', './nowhere.js']],
};

/** What the architecture allows, and what the violations import. */
const allowed: Readonly<Record<string, string>> = {
  'dist/protocols/sync/engine.js': `import 'rxjs'; import 'zod'; import '../wire/messages.js';`,
  'dist/protocols/wire/messages.js': `import 'zod';`,
  'dist/actors/server.js': `import './supervision/mailbox.js'; import '../protocols/sync/engine.js'; import '../src/errors.js';`,
  'dist/actors/supervision/mailbox.js': `import 'nact';`,
  'dist/src/errors.js': '',
  'dist/src/clock/clock.js': '',
  'dist/src/compute/compute-pool.js': `import '@tensorflow/tfjs'; import '../data/dataset.js';`,
  'dist/src/data/dataset.js': `import '@tensorflow/tfjs';`,
  'dist/src/transport/nats-transport.js': `import 'nats'; import '../../protocols/wire/messages.js';`,
  'dist/src/checkpoint/checkpoint.js': `import 'nats';`,
  'dist/src/simulator/simulator.js': `import '../../protocols/sync/engine.js'; import '../clock/clock.js';`,
  'dist/src/report/cycle-b.js': `import './cycle-a.js';`,
  'dist/src/run/run.js': `import '../../actors/server.js'; import '../simulator/simulator.js'; await import('../transport/nats-transport.js');`,
  'dist/src/cli/main.js': `import '../run/run.js';`,
  'dist/src/index.js': `import './run/run.js';`,
  'dist/test/support/helper.js': `import 'fast-check'; import '../../src/index.js';`,
};

interface CruiseResult {
  readonly summary: {
    readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string }[];
  };
}

describe('import rules', () => {
  let tree: CheckedTree;
  let found: readonly string[];

  before(async () => {
    const sources = { ...allowed };
    for (const [from, specifier] of Object.values(violations).flat()) {
      // Half of them at run time only: a dynamic import counts as well.
      const dynamic = Object.keys(sources).length % 2 === 0 && specifier !== './cycle-b.js';
      sources[from] = dynamic ? `await import('${specifier}');` : `import '${specifier}';`;
    }
    tree = await createCheckedTree(sources, ['.dependency-cruiser.cjs', 'package.json']);
    const how = '--config .dependency-cruiser.cjs --output-type json dist/actors dist/protocols dist/src';
    const output = await tree.run('depcruise', ...how.split(' '));
    const { summary } = JSON.parse(output) as CruiseResult;
    found = summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`).sort();
  });

  after(() => tree.remove());

  it('find each violation by its rule', () => {
    for (const [rule, breaches] of Object.entries(violations)) {
      for (const [from] of breaches) {
        assert.ok(found.includes(`${rule}: ${from}`), `${rule} did not fire on ${from}: ${found.join('\n')}`);
      }
    }
  });

  it('find nothing in what is allowed', () => {
    const innocent = found.filter((violation) => {
      const from = violation.split(': ')[1] ?? '';
      return from in allowed && from !== 'dist/src/report/cycle-b.js';
    });
    assert.deepEqual(innocent, []);
  });

  it('are all shown to fire', () => {
    const { forbidden } = createRequire(import.meta.url)('../../../.dependency-cruiser.cjs') as {
      forbidden: { name: string }[];
    };
    assert.deepEqual(forbidden.map(({ name }) => name).sort(), Object.keys(violations).sort());
  });
});
