/**
 * The rules of .oxlintrc.json that hold up the design fire where they should, and nowhere else. Imports here are of types:
 * the compiled modules do not show them, so `.dependency-cruiser.cjs` cannot.
 */
import assert from 'node:assert/strict';
import { createCheckedTree, type CheckedTree } from '../support/checked-tree.js';

/** Each breaks the named rule, once. */
const violations: readonly (readonly [rule: string, path: string, source: string])[] = [
  ['no-restricted-imports', 'protocols/sync/node.ts', `import 'node:fs';`],
  [
    'no-restricted-imports',
    'protocols/sync/package.ts',
    `import type * as winston from 'winston';\nexport type W = winston.Logger;`,
  ],
  [
    'no-restricted-imports',
    'protocols/sync/above.ts',
    `import type { Clock } from '../../src/clock/clock.js';\nexport type C = Clock;`,
  ],
  [
    'no-restricted-imports',
    'actors/above.ts',
    `import type { Run } from '../src/run/run.js';\nexport type R = Run;`,
  ],
  [
    'no-restricted-imports',
    'actors/nact.ts',
    `import type { Ref } from 'nact';\nexport type R = Ref<string>;`,
  ],
  [
    'no-restricted-imports',
    'src/telemetry/above.ts',
    `import type { Run } from '../run/run.js';\nexport type R = Run;`,
  ],
  [
    'no-restricted-imports',
    'src/compute/above.ts',
    `import type { Server } from '../../actors/server.js';\nexport type S = Server;`,
  ],
  [
    'no-restricted-imports',
    'src/transport/above.ts',
    `import type { Run } from '../run/run.js';\nexport type R = Run;`,
  ],
  [
    'no-restricted-imports',
    'src/simulator/beside.ts',
    `import type { Server } from '../../actors/server.js';\nexport type S = Server;`,
  ],
  [
    'no-restricted-imports',
    'src/run/nats.ts',
    `import type { NatsConnection } from 'nats';\nexport type N = NatsConnection;`,
  ],
  [
    'no-restricted-imports',
    'src/run/tensorflow.ts',
    `import { tensor } from '@tensorflow/tfjs';\nexport const t = tensor;`,
  ],
  [
    'no-restricted-imports',
    'src/transport/tensorflow.ts',
    `import type { Tensor } from '@tensorflow/tfjs';\nexport type T = Tensor;`,
  ],
  [
    'no-restricted-imports',
    'src/compute/nats.ts',
    `import type { NatsConnection } from 'nats';\nexport type N = NatsConnection;`,
  ],
  [
    'no-restricted-imports',
    'src/cli/tensorflow.ts',
    `import type { Tensor } from '@tensorflow/tfjs';\nexport type T = Tensor;`,
  ],
  [
    'no-restricted-imports',
    'test/sleeps.test.ts',
    `import { setTimeout as sleep } from 'node:timers/promises';\nawait sleep(1);`,
  ],
  ['no-restricted-globals', 'protocols/sync/date.ts', `export const now = (): number => Date.now();`],
  [
    'no-restricted-globals',
    'protocols/sync/global-date.ts',
    `export const now = (): number => globalThis.Date.now();`,
  ],
  [
    'no-restricted-globals',
    'protocols/sync/timer.ts',
    `export const wait = (f: () => void) => setTimeout(f, 1);`,
  ],
  [
    'no-restricted-globals',
    'protocols/sync/interval.ts',
    `export const wait = (f: () => void) => setInterval(f, 1);`,
  ],
  [
    'no-restricted-globals',
    'protocols/sync/performance.ts',
    `export const now = (): number => performance.now();`,
  ],
  ['no-restricted-globals', 'protocols/sync/process.ts', `export const { env } = process;`],
  ['no-restricted-globals', 'actors/timer.ts', `export const wait = (f: () => void) => setTimeout(f, 1);`],
  ['no-restricted-globals', 'test/timer.test.ts', `await new Promise((resolve) => setTimeout(resolve, 1));`],
  [
    'no-restricted-properties',
    'protocols/sync/chance.ts',
    `export const draw = (): number => Math.random();`,
  ],
  ['no-restricted-properties', 'src/run/chance.ts', `export const draw = (): number => Math.random();`],
  [
    'no-floating-promises',
    'src/run/floating.ts',
    `export function f(p: Promise<void>): void {\n  p.then(() => 1);\n}`,
  ],
  [
    'no-misused-promises',
    'src/run/misused.ts',
    `export const f = (a: number[]): void => a.forEach(async () => {});`,
  ],
  ['no-explicit-any', 'src/run/any.ts', `export const f = (a: any): number => (a ? 1 : 2);`],
  ['ban-ts-comment', 'src/run/ignored.ts', `// @ts-ignore\nexport const a: number = 'a';`],
  ['only-throw-error', 'src/run/throws.ts', `export function f(): void {\n  throw 'text';\n}`],
  [
    'switch-exhaustiveness-check',
    'src/run/switch.ts',
    `export function f(a: 'a' | 'b'): void {\n  switch (a) {\n    case 'a':\n  }\n}`,
  ],
  ['no-default-export', 'src/run/default.ts', `export default 1;`],
  ['no-console', 'src/run/prints.ts', `console.log('here');`],
  ['filename-case', 'src/run/camelCase.ts', `export const a = 1;`],
  [
    'no-cycle',
    'src/report/cycle-a.ts',
    `import { b } from './cycle-b.js';\nexport const a = (): number => b();`,
  ],
  [
    'no-cycle',
    'src/report/cycle-b.ts',
    `import { a } from './cycle-a.js';\nexport const b = (): number => a();`,
  ],
  ['no-focused-tests', 'test/focused.test.ts', `describe.only('a', () => {});`],
  ['no-disabled-tests', 'test/disabled.test.ts', `it.skip('a', () => {});`],
];

/** What the same rules must let pass. */
const allowed: Readonly<Record<string, string>> = {
  'protocols/sync/engine.ts': `import { map } from 'rxjs';\nimport { z } from 'zod';\nimport { name } from '../wire/name.js';\nexport const all = [map, z, name];`,
  'protocols/wire/name.ts': `export const name = 'name';`,
  'actors/server.ts': `import type { Clock } from '../src/clock/clock.js';\nexport interface Server {\n  clock: Clock;\n}`,
  'actors/supervision/mailbox.ts': `import nact from 'nact';\nexport const system = nact.start();`,
  'src/clock/clock.ts': `export interface Clock {\n  now(): number;\n}\nexport const wait = (f: () => void) => setTimeout(f, 1);`,
  'src/run/run.ts': `import type { Server } from '../../actors/server.js';\nexport type Run = Server;`,
  'src/compute/tensor.ts': `import type { Tensor } from '@tensorflow/tfjs';\nexport type T = Tensor;`,
  'src/transport/nats.ts': `import type { NatsConnection } from 'nats';\nexport type N = NatsConnection;`,
  'src/cli/main.ts': `import type { Run } from '../run/run.js';\nexport const main = (run: Run): void => console.log(run);`,
  'src/telemetry/log.ts': `console.log('here');`,
  'src/index.ts': `import type { Tensor } from '@tensorflow/tfjs';\nexport type T = Tensor;\nexport type { Run } from './run/run.js';`,
  'src/compute/assembly/kernel.ts': `export default function f(a: any): any {\n  var b = a;\n  return b;\n}`,
  'test/uses-all.test.ts': `import nact from 'nact';\nimport { connect } from 'nats';\nconsole.log(nact, connect, Math.random());`,
};

interface LintResult {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly filename: string;
    readonly message: string;
  }[];
}

describe('lint rules', () => {
  let tree: CheckedTree;
  /** `rule: path` of every finding. */
  let found: readonly string[];

  before(async () => {
    const broken = Object.fromEntries(violations.map(([, path, source]) => [path, source]));
    tree = await createCheckedTree({ ...allowed, ...broken }, [
      '.oxlintrc.json',
      'tsconfig.json',
      'package.json',
    ]);
    const { diagnostics } = JSON.parse(await tree.run('oxlint', '--format', 'json')) as LintResult;
    found = diagnostics.map(({ code, filename }) => `${/\((.+)\)/.exec(code)?.[1] ?? code}: ${filename}`);
  });

  after(() => tree.remove());

  it('find each violation, by its rule', () => {
    const missed = violations
      .map(([rule, path]) => `${rule}: ${path}`)
      .filter((breach) => !found.includes(breach));
    assert.deepEqual(missed, []);
  });

  it('find nothing else', () => {
    const breaches = violations.map(([rule, path]) => `${rule}: ${path}`);
    assert.deepEqual(
      found.filter((finding) => !breaches.includes(finding)),
      [],
    );
  });
});
