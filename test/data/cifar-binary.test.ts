import assert from 'node:assert/strict';
import { appendFile, mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFacts } from '../../src/data/dataset-facts.js';
import { cifar10Batches } from '../../src/data/known/cifar10.js';
import { cifar100, cifar100Files } from '../../src/data/known/cifar100.js';
import { loadKnown, loadOfficial } from '../../src/data/known/load-known.js';
import { assertRefused } from './support/assert-data-error.js';
import { imagesPerBatch, smallCifar, writeBinaryBatches } from './support/small-cifar.js';
import { temporaryFolder } from './support/temporary-folder.js';

describe('the binary batches of CIFAR-10', () => {
  const folder = temporaryFolder();
  const cifar = smallCifar();
  const { read } = cifar10Batches(imagesPerBatch, cifar.facts);

  beforeEach(() => writeBinaryBatches(folder.path, cifar));

  it('are read with colours interleaved, in the order of the files', async () => {
    const { train, test } = await read(folder.path);
    const training = cifar.batches.slice(0, 5);
    assert.deepEqual(Buffer.from(train.inputs), Buffer.concat(training.map(({ images }) => images)));
    assert.deepEqual(Buffer.from(train.labels), Buffer.concat(training.map(({ labels }) => labels)));
    assert.deepEqual(Buffer.from(test.inputs), Buffer.from(cifar.batches[5]?.images ?? []));
    assert.ok(train.inputs.buffer instanceof SharedArrayBuffer);
  });

  it('are refused when one is missing, too short or too long, naming it', async () => {
    const file = join(folder.path, 'data_batch_4.bin');
    await truncate(file, 61_459);
    await assertRefused(() => read(folder.path), 'DATA', /data_batch_4\.bin: has 61459 bytes, not 61460/);
    await appendFile(file, 'xx');
    await assertRefused(() => read(folder.path), 'DATA', /has 61461 bytes, not 61460/);
    await rm(file);
    await assertRefused(() => read(folder.path), 'DATA', /data_batch_4\.bin: is missing/);
  });
});

describe('the binary files of CIFAR-100', () => {
  const folder = temporaryFolder();
  const labels = Array.from({ length: 200 }, (_, i) => i % 100);
  const facts = {
    trainPerClass: Array.from({ length: 100 }, () => 2),
    testPerClass: Array.from({ length: 100 }, () => 1),
    firstTrainLabels: [],
    firstTestLabels: [],
    mean: [10 / 255, 20 / 255, 30 / 255],
  };
  const small = { ...cifar100, official: cifar100Files(200, 100, facts) };

  /** Records of a coarse label that must be passed over, the fine label, then planes of 10, 20 and 30. */
  function records(fine: readonly number[]): Buffer {
    const planes = [10, 20, 30].map((value) => Buffer.alloc(1024, value));
    return Buffer.concat(
      fine.map((label) => Buffer.concat([Buffer.of(99 - (label % 20), label), ...planes])),
    );
  }

  it('are read by their fine labels', async () => {
    await writeFile(join(folder.path, 'train.bin'), records(labels));
    await writeFile(join(folder.path, 'test.bin'), records(labels.slice(0, 100)));
    const { dataset } = await loadOfficial(small, folder.path);
    assert.deepEqual([...dataset.train.labels], labels);
    assert.deepEqual([...dataset.test.inputs.subarray(0, 6)], [10, 20, 30, 10, 20, 30]);
    assert.equal(dataset.classes, 100);
    assert.equal(new Set(dataset.classNames).size, 100);
  });

  it('are refused when the numbers per class are not those of CIFAR-100', async () => {
    await writeFile(join(folder.path, 'train.bin'), records(labels.with(7, 8)));
    await writeFile(join(folder.path, 'test.bin'), records(labels.slice(0, 100)));
    await assertRefused(
      () => loadOfficial(small, folder.path),
      'DATA',
      /class 7 has 1 training examples, not 2/,
    );
  });

  it('are asked for, with the place to put them, since no package holds them', async () => {
    const load = () =>
      loadKnown(cifar100, {
        folder: folder.path,
        fetchTarball: () => assert.fail('there is nothing to fetch'),
      });
    await assertRefused(load, 'DATA', /cifar100: is not in .*cifar-100-binary/, /train\.bin and test\.bin/);
    await mkdir(join(folder.path, 'cifar-100-binary'));
    await assertRefused(load, 'DATA', /train\.bin: is missing/);
  });
});

describe('the facts of a data set', () => {
  const { facts, batches } = smallCifar();
  const split = (batch: (typeof batches)[number] | undefined) => ({
    size: batch?.labels.length ?? 0,
    inputs: batch?.images ?? new Uint8Array(),
    labels: batch?.labels ?? new Uint8Array(),
  });
  const dataset = {
    name: 'named',
    inputShape: [32, 32, 3],
    classes: 10,
    classNames: [],
    train: split(batches[0]),
    test: split(batches[5]),
    normalisation: { inputScale: 255, mean: [], deviation: [] },
  };

  it('catch a wrong number of examples', async () => {
    await assertRefused(
      async () => checkFacts(dataset, facts, 'here', 'Mend it'),
      'DATA',
      /^here: this is not named: class \d has \d+ training examples, not \d+\. Mend it$/,
    );
  });
});
