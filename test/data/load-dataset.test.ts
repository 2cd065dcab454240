import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetNames, fetchDataset, loadDataset } from '../../src/data/index.js';
import { assertRefused } from './support/assert-data-error.js';
import { smallCifar, writeBinaryBatches } from './support/small-cifar.js';
import { temporaryFolder } from './support/temporary-folder.js';

const moduleText = `
export async function createDataset({ seed }) {
  return {
    inputShape: [1, 1, 1],
    classes: 2,
    train: { inputs: [seed, 2], labels: [0, 1] },
    test: { inputs: [3], labels: [1] },
  };
}`;

describe('loadDataset', () => {
  const folder = temporaryFolder();

  it('runs the module at a path and names the data set after it', async () => {
    const file = join(folder.path, 'tiny-set.mjs');
    await writeFile(file, moduleText);
    const dataset = await loadDataset(file, { seed: 7 });
    assert.equal(dataset.name, 'tiny-set');
    assert.deepEqual([...dataset.train.inputs], [7, 2]);
  });

  it('runs the index module of a folder', async () => {
    await writeFile(join(folder.path, 'index.mjs'), moduleText);
    assert.equal((await loadDataset(folder.path)).train.size, 2);
  });

  it('checks the official files of a folder against the facts of the real data set', async () => {
    await writeBinaryBatches(folder.path, smallCifar());
    await assertRefused(
      () => loadDataset(folder.path),
      'DATA',
      /data_batch_1\.bin: has 61460 bytes, not 30730000/,
    );
  });

  it('refuses a module that throws, giving its reason', async () => {
    const file = join(folder.path, 'throws.mjs');
    await writeFile(file, 'export function createDataset() { throw new Error("out of cheese"); }');
    await assertRefused(() => loadDataset(file), 'DATA', /throws\.mjs: failed \(out of cheese\)/);
  });

  it('refuses a module that does not parse, and one without createDataset', async () => {
    const broken = join(folder.path, 'broken.mjs');
    await writeFile(broken, 'export function {');
    await assertRefused(() => loadDataset(broken), 'DATA', /broken\.mjs: failed/);
    const other = join(folder.path, 'other.mjs');
    await writeFile(other, 'export const createModel = () => 1;');
    await assertRefused(() => loadDataset(other), 'DATA', /other\.mjs: exports no function createDataset/);
  });

  it('refuses what a module returns, naming the field', async () => {
    const file = join(folder.path, 'wrong.mjs');
    await writeFile(file, moduleText.replace('[0, 1]', '[0, 2]'));
    await assertRefused(() => loadDataset(file), 'DATA', /^wrong train\.labels\[1\]: is 2/);
  });

  it('refuses an empty folder and a path that leads nowhere', async () => {
    await mkdir(join(folder.path, 'empty'));
    await assertRefused(() => loadDataset(join(folder.path, 'empty')), 'DATA', /empty: holds no data set/);
    await assertRefused(() => loadDataset(join(folder.path, 'none.js')), 'DATA', /none\.js: does not exist/);
  });

  it('takes a word that is no name for a mistake in the configuration', async () => {
    await assertRefused(
      () => loadDataset('cifar11'),
      'CONFIG',
      /^dataset is "cifar11": it must be cifar10, cifar100, mnist, fashion-mnist, synthetic/,
    );
    for (const name of datasetNames) {
      assert.match(name, /^[a-z0-9-]+$/);
    }
  });
});

describe('fetchDataset', () => {
  it('reports what a data set is and where it lies', async () => {
    const report = await fetchDataset('synthetic:examples=30,test=20,size=8,channels=1', { seed: 4 });
    assert.equal(report.name, 'synthetic');
    assert.equal(report.location, 'memory');
    assert.equal(report.source, 'generated from seed 4');
    assert.equal(report.bytes, 50 * 65);
    assert.deepEqual(report.train, { size: 30, perClass: Array.from({ length: 10 }, () => 3) });
    assert.deepEqual(report.test, { size: 20, perClass: Array.from({ length: 10 }, () => 2) });
  });
});
