/** What the design forbids and no lint rule knows is left to the compiler's options: here it is seen to refuse it. */
import assert from 'node:assert/strict';
import { createCheckedTree, type CheckedTree } from '../support/checked-tree.js';

describe('compiler options', () => {
  let tree: CheckedTree;
  let output: string;

  before(async () => {
    tree = await createCheckedTree(
      {
        'src/enum.ts': `export enum Colour {\n  red,\n}`,
        'src/index-access.ts': `export const first = (list: number[]): number => list[0];`,
        'src/optional.ts': `export const a: { b?: number } = { b: undefined };`,
        'src/allowed.ts': `export type Colour = 'red' | 'green';`,
        'src/compute/assembly/kernel.ts': `export const f = (a: f32): f32 => a;`,
      },
      ['tsconfig.json', 'package.json'],
    );
    output = await tree.run('tsc', '-p', 'tsconfig.json', '--noEmit', '--pretty', 'false');
  });

  after(() => tree.remove());

  const refused = (): string[] =>
    [...output.matchAll(/^(src\/[^(]+)\(/gm)].map(([, file]) => file ?? '').sort();

  it('refuse enums, unchecked indices and undefined for what is merely optional', () => {
    assert.deepEqual(refused(), ['src/enum.ts', 'src/index-access.ts', 'src/optional.ts']);
  });
});
