/** What docs/wasm-training.md says of the wasm backend as shipped, and with our kernels: an upgrade may make it untrue. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BeforeAndAfter, Outcomes } from './fixtures/before-and-after.js';

const script = fileURLToPath(new URL('./fixtures/before-and-after.js', import.meta.url));
const page = new URL('../../../../docs/wasm-training.md', import.meta.url);

describe('docs/wasm-training.md', () => {
  let shipped: Outcomes;
  let ours: Outcomes;
  let replaced: readonly string[];
  let table: string;
  before(async () => {
    const [{ stdout }, text] = await Promise.all([
      promisify(execFile)(process.execPath, [script]),
      readFile(page, 'utf8'),
    ]);
    ({ shipped, ours, replaced } = JSON.parse(stdout) as BeforeAndAfter);
    table = text.slice(text.indexOf('| what you call |'), text.indexOf('Where it says "slow"'));
  });

  it('names every kernel that is replaced or added, and no other', () => {
    const cells = [...table.matchAll(/\|([^|]*)\|$/gm)].map(([, cell = '']) => cell);
    const named = cells
      .filter((cell) => !cell.includes('gradient of'))
      .flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    assert.deepEqual([...new Set(named)].toSorted(), replaced.toSorted());
  });

  it('says what is not registered as shipped', () => {
    for (const [call, kernel] of [
      ['conv2d, filter', 'Conv2DBackpropFilter'],
      ['conv2dTranspose, filter', 'Conv2DBackpropFilter'],
      ['depthwiseConv2d', 'DepthwiseConv2dNativeBackpropInput'],
      ['gather', 'UnsortedSegmentSum'],
    ] as const) {
      assert.match(String(shipped[call]), new RegExp(`Kernel '${kernel}' not registered`), call);
      assert.ok(table.includes(`**no**: \`${kernel}\` not registered`), kernel);
      assert.ok(Array.isArray(ours[call]), `${call}: ${String(ours[call])}`);
    }
  });

  it('says what is wrong as shipped', () => {
    // The largest is the last.
    assert.deepEqual(ours['maxPool, negative'], [0, 0, 0, 1]);
    assert.deepEqual(shipped['maxPool, negative'], [1, 0, 0, 0]);
    // The last window holds one pixel: all of the gradient is its own.
    assert.deepEqual(ours['avgPool, border'], [0.5, 0.5, 1]);
    assert.notDeepEqual(shipped['avgPool, border'], [0.5, 0.5, 1]);
  });

  it('says what is refused as shipped, and what still is', () => {
    assert.match(String(shipped['conv2d, dilated']), /dilation rates greater than 1/);
    assert.ok(Array.isArray(ours['conv2d, dilated']));
    assert.match(String(shipped['matMul, two axes broadcast']), /does not match/);
    assert.deepEqual(ours['matMul, two axes broadcast'], [1, 1, 1, 1]);
    for (const outcomes of [shipped, ours]) {
      assert.match(String(outcomes['matMul, broadcast, gradient']), /Error in gradient for op BatchMatMul/);
    }
  });
});
