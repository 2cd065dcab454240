/**
 * The real data sets, fetched from npm's registry into the data folder of this machine on the first run and read from
 * there afterwards: the same files that training uses. Published figures are written out here once more, so that a
 * slip in the facts themselves is seen too.
 */

import assert from 'node:assert/strict';
import { fetchDataset, loadDataset, type Dataset, type Split } from '../../src/data/index.js';
import { channelStatistics } from '../../src/data/statistics.js';
import { writeBinaryBatches } from './support/small-cifar.js';
import { temporaryFolder } from './support/temporary-folder.js';

/** A first fetch takes as long as the network does. */
const firstFetch = 10 * 60_000;

const firstLabels = (split: Split) => [...split.labels.subarray(0, 5)];

const perClass = (count: number) => Array.from({ length: 10 }, () => count);

function assertNormalised(dataset: Dataset, tolerance: number): void {
  const { mean, deviation } = dataset.normalisation;
  const found = channelStatistics(dataset.train.inputs, mean.length, 255);
  for (const channel of mean.keys()) {
    assert.ok(Math.abs((found.mean[channel] ?? 0) - (mean[channel] ?? 1)) < tolerance);
    assert.ok(Math.abs((found.deviation[channel] ?? 0) - (deviation[channel] ?? 1)) < tolerance);
  }
}

describe('the real CIFAR-10', () => {
  it('has the published labels, counts, means and deviations', async function () {
    this.timeout(firstFetch);
    const dataset = await loadDataset('cifar10');
    assert.deepEqual(dataset.inputShape, [32, 32, 3]);
    assert.deepEqual(firstLabels(dataset.train), [6, 9, 9, 4, 1]);
    assert.deepEqual(firstLabels(dataset.test), [3, 8, 8, 0, 6]);
    assert.deepEqual(dataset.normalisation.mean, [0.4914, 0.4822, 0.4465]);
    assert.deepEqual(dataset.normalisation.deviation, [0.247, 0.2435, 0.2616]);
    assertNormalised(dataset, 1e-4);
    const report = await fetchDataset('cifar10');
    assert.deepEqual(report.train, { size: 50_000, perClass: perClass(5000) });
    assert.deepEqual(report.test, { size: 10_000, perClass: perClass(1000) });
  });

  it('has the published first pixels: colours interleaved, rows from the top', async () => {
    const { train, test } = await loadDataset('cifar10');
    assert.deepEqual([...train.inputs.subarray(0, 6)], [59, 62, 63, 43, 46, 45]);
    assert.deepEqual([...test.inputs.subarray(0, 3)], [158, 112, 49]);
  });
});

describe('the real CIFAR-10 from its binary batches', () => {
  const folder = temporaryFolder();

  it('is the same as from the package', async function () {
    this.timeout(firstFetch);
    const { train, test } = await loadDataset('cifar10');
    const halves = [
      ...Array.from({ length: 5 }, (_, batch) => ({ split: train, batch })),
      { split: test, batch: 0 },
    ];
    const batches = halves.map(({ split, batch }) => ({
      images: Uint8Array.from(split.inputs.subarray(batch * 30_720_000, (batch + 1) * 30_720_000)),
      labels: Uint8Array.from(split.labels.subarray(batch * 10_000, (batch + 1) * 10_000)),
    }));
    await writeBinaryBatches(folder.path, { batches });
    const official = await loadDataset(folder.path);
    assert.equal(official.name, 'cifar10');
    for (const half of ['train', 'test'] as const) {
      const packaged = half === 'train' ? train : test;
      assert.equal(Buffer.compare(Buffer.from(official[half].inputs), Buffer.from(packaged.inputs)), 0);
      assert.deepEqual(official[half].labels, packaged.labels);
    }
  });
});

describe('the real MNIST', () => {
  it('has the published labels, counts, mean and deviation', async function () {
    this.timeout(firstFetch);
    const dataset = await loadDataset('mnist');
    assert.deepEqual(dataset.inputShape, [28, 28, 1]);
    assert.deepEqual(firstLabels(dataset.train), [5, 0, 4, 1, 9]);
    assert.deepEqual(firstLabels(dataset.test), [7, 2, 1, 0, 4]);
    assertNormalised(dataset, 1e-4);
    const report = await fetchDataset('mnist');
    assert.deepEqual(report.train.perClass, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert.deepEqual(report.test.perClass, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });
});

describe('the real Fashion-MNIST', () => {
  it('has the published counts, mean and deviation', async function () {
    this.timeout(firstFetch);
    const dataset = await loadDataset('fashion-mnist');
    assert.deepEqual(dataset.inputShape, [28, 28, 1]);
    assertNormalised(dataset, 1e-3);
    const report = await fetchDataset('fashion-mnist');
    assert.deepEqual(report.train, { size: 60_000, perClass: perClass(6000) });
    assert.deepEqual(report.test, { size: 10_000, perClass: perClass(1000) });
  });
});
