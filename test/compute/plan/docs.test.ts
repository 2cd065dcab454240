import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { layerPlanners } from '../../../src/compute/plan/layers/registry.js';

describe('docs/plan.md', () => {
  it('lists the layers that can be planned, and no others', async () => {
    const text = await readFile(new URL('../../../../docs/plan.md', import.meta.url), 'utf8');
    const table = text.slice(text.indexOf('| layer |'), text.indexOf('Optimisers of the local steps'));
    const first = [...table.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell]) => [
      ...(cell ?? '').matchAll(/`(\w+)`/g),
    ]);
    assert.deepEqual(first.map(([, name]) => name).toSorted(), Object.keys(layerPlanners).toSorted());
  });
});
