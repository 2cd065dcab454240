import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import type { FetchProgress } from '../../src/data/fetch/fetch-progress.js';
import type { FetchTarball } from '../../src/data/fetch/fetch-tarball.js';
import { loadKnown, type KnownOptions } from '../../src/data/known/load-known.js';
import type { KnownDataset } from '../../src/data/known/known-dataset.js';
import { assertRefused } from './support/assert-data-error.js';
import {
  imagesPerBatch,
  knownFrom,
  pack,
  packageFiles,
  smallCifar,
  writeBinaryBatches,
} from './support/small-cifar.js';
import { temporaryFolder } from './support/temporary-folder.js';

const cifar = smallCifar();

/** Serves `bytes` as the tarball, and counts how often it is asked. */
function serving(bytes: Uint8Array): FetchTarball & { calls: number } {
  const fetchTarball = Object.assign(
    async (_pinned: unknown, destination: string, onBytes: (done: number) => void) => {
      fetchTarball.calls++;
      await writeFile(destination, bytes);
      onBytes(bytes.length);
    },
    { calls: 0 },
  );
  return fetchTarball;
}

function blackPng(width: number, height: number): Uint8Array {
  return encode({ width, height, channels: 3, depth: 8, data: new Uint8Array(width * height * 3) });
}

const neverFetched: FetchTarball = () => assert.fail('nothing was to be fetched');

describe('loading a known data set', () => {
  const folder = temporaryFolder();
  let tarball: Buffer;
  let known: ReturnType<typeof knownFrom>;

  before(async () => {
    tarball = await pack(packageFiles(cifar));
    known = knownFrom(tarball, cifar);
  });

  const load = (
    fetchTarball: FetchTarball,
    dataset: KnownDataset = known,
    rest: Partial<KnownOptions> = {},
  ) => loadKnown(dataset, { folder: folder.path, fetchTarball, ...rest });

  /** Loads a package with one file replaced, its integrity being right. */
  async function loadWith(name: string, bytes: Uint8Array | undefined) {
    const files = packageFiles(cifar);
    if (bytes === undefined) {
      files.delete(name);
    } else {
      files.set(name, bytes);
    }
    const packed = await pack(files);
    return load(serving(packed), knownFrom(packed, cifar));
  }

  const nothingStays = async () => assert.deepEqual(await readdir(folder.path), []);

  it('fetches and decodes the package pixel for pixel, into shared memory', async () => {
    const { dataset } = await load(serving(tarball));
    const training = cifar.batches.slice(0, 5);
    assert.deepEqual(Buffer.from(dataset.train.inputs), Buffer.concat(training.map(({ images }) => images)));
    assert.deepEqual(Buffer.from(dataset.train.labels), Buffer.concat(training.map(({ labels }) => labels)));
    assert.deepEqual(Buffer.from(dataset.test.inputs), Buffer.from(cifar.batches[5]?.images ?? []));
    for (const array of [
      dataset.train.inputs,
      dataset.train.labels,
      dataset.test.inputs,
      dataset.test.labels,
    ]) {
      assert.ok(array.buffer instanceof SharedArrayBuffer);
    }
  });

  it('keeps nothing but the cache file, and reads it the next time', async () => {
    const first = await load(serving(tarball));
    assert.deepEqual(await readdir(folder.path), ['cifar10.swdata']);
    const second = await load(neverFetched);
    assert.deepEqual(second.dataset, first.dataset);
    assert.equal(second.location, join(folder.path, 'cifar10.swdata'));
    for (const array of [second.dataset.train.inputs, second.dataset.test.labels]) {
      assert.ok(array.buffer instanceof SharedArrayBuffer);
    }
  });

  it('reports each stage up to its end, and nothing for a cached data set', async () => {
    const reports: FetchProgress[] = [];
    const onProgress = (progress: FetchProgress) => reports.push(progress);
    await load(serving(tarball), known, { onProgress });
    const last = new Map(reports.map((report) => [report.stage, report]));
    assert.deepEqual([...last.keys()], ['download', 'decode', 'store']);
    for (const { bytesDone, bytesTotal } of last.values()) {
      assert.equal(bytesDone, bytesTotal);
    }
    reports.length = 0;
    await load(neverFetched, known, { onProgress });
    assert.deepEqual(reports, []);
  });

  it('uses a tarball that the user put into the folder, and leaves it there', async () => {
    await writeFile(join(folder.path, 'small-cifar10-1.0.0.tgz'), tarball);
    await load(neverFetched);
    assert.deepEqual((await readdir(folder.path)).sort(), ['cifar10.swdata', 'small-cifar10-1.0.0.tgz']);
  });

  it("refuses a user's tarball that is another", async () => {
    await writeFile(join(folder.path, 'small-cifar10-1.0.0.tgz'), tarball.subarray(1));
    await assertRefused(() => load(neverFetched), 'DATA', /small-cifar10-1\.0\.0\.tgz: is not/);
    assert.deepEqual(await readdir(folder.path), ['small-cifar10-1.0.0.tgz']);
  });

  it('refuses a short tarball', async () => {
    await assertRefused(() => load(serving(tarball.subarray(0, 1000))), 'DATA', /SHA-512/);
    await nothingStays();
  });

  it('refuses a tarball with one byte changed', async () => {
    const changed = Buffer.from(tarball);
    changed[2000] = (changed[2000] ?? 0) ^ 1;
    await assertRefused(() => load(serving(changed)), 'DATA', /SHA-512/);
    await nothingStays();
  });

  it('refuses a package that is no archive', async () => {
    const noise = Buffer.from('this is not an archive, whatever its hash says. '.repeat(100));
    await assertRefused(
      () => load(serving(noise), knownFrom(noise, cifar)),
      'DATA',
      /not a readable package/,
    );
    await nothingStays();
  });

  it('refuses a package that lacks a file, naming it', async () => {
    await assertRefused(() => loadWith('data_batch_3.png', undefined), 'DATA', /lacks .*data_batch_3\.png/);
    await nothingStays();
  });

  it('refuses a broken PNG, naming it', async () => {
    const png = packageFiles(cifar).get('data_batch_2.png') ?? new Uint8Array();
    const changed = Uint8Array.from(png);
    changed[5000] = (changed[5000] ?? 0) ^ 255;
    for (const broken of [changed, png.subarray(0, 30_000), new Uint8Array(10)]) {
      await assertRefused(() => loadWith('data_batch_2.png', broken), 'DATA', /^data_batch_2\.png: /);
      await nothingStays();
    }
  });

  it('refuses a PNG of another size', async () => {
    const narrow = blackPng(1023, imagesPerBatch);
    await assertRefused(() => loadWith('test_batch.png', narrow), 'DATA', /test_batch\.png: is 1023×20/);
  });

  it('refuses labels that are too few, or no labels', async () => {
    const cases = ['[1,2,3]', '[10]', '{"a":1}', 'not JSON'];
    for (const text of cases) {
      await assertRefused(
        () => loadWith('train_lables.json', Buffer.from(text)),
        'DATA',
        /^train_lables\.json: /,
      );
      await nothingStays();
    }
  });

  it('refuses images in another order than the labels', async () => {
    const labels = cifar.batches.slice(0, 5).flatMap((batch) => [...batch.labels]);
    const reversed = Buffer.from(JSON.stringify(labels.toReversed()));
    await assertRefused(() => loadWith('train_lables.json', reversed), 'DATA', /first training labels are/);
    await nothingStays();
  });

  it('refuses other images, by their channel means', async () => {
    const black = blackPng(1024, imagesPerBatch);
    await assertRefused(() => loadWith('data_batch_1.png', black), 'DATA', /channel means/);
    await nothingStays();
  });

  it('leaves nothing when it is stopped while it downloads, decodes or stores', async () => {
    for (const stage of ['download', 'decode', 'store'] as const) {
      const stop = new AbortController();
      const reason = new Error(`stopped at ${stage}`);
      const onProgress = (progress: FetchProgress) => {
        if (progress.stage === stage) {
          stop.abort(reason);
        }
      };
      await assert.rejects(() => load(serving(tarball), known, { onProgress, signal: stop.signal }), reason);
      await nothingStays();
    }
  });

  it('lets two loads at once do the same work without harm', async () => {
    const loads = await Promise.all([load(serving(tarball)), load(serving(tarball))]);
    assert.deepEqual(loads[0]?.dataset, loads[1]?.dataset);
    assert.deepEqual(await readdir(folder.path), ['cifar10.swdata']);
    await load(neverFetched);
  });

  it('refuses a damaged cache file, naming it and the mend, and does not touch it', async () => {
    const { location } = await load(serving(tarball));
    const size = (await readFile(location)).length;
    await truncate(location, size - 1);
    await assertRefused(() => load(neverFetched), 'DATA', /cifar10\.swdata: is too short/, /Delete it/);
    assert.equal((await readFile(location)).length, size - 1);
  });

  it('fetches anew when the cache file is of another version of the package', async () => {
    await load(serving(tarball));
    const packed = await pack(packageFiles(smallCifar(3)));
    const newer = knownFrom(packed, smallCifar(3));
    const { dataset } = await load(serving(packed), newer);
    assert.deepEqual([...dataset.train.labels.subarray(0, 5)], newer.package.facts.firstTrainLabels);
  });

  it('removes partial files that were abandoned, and no others', async () => {
    const names = ['cifar10.swdata.1.aa.partial', 'cifar10.swdata.2.bb.partial', 'mine.txt'];
    for (const name of names) {
      await writeFile(join(folder.path, name), 'x');
    }
    const longAgo = new Date('2020-01-01');
    await utimes(join(folder.path, 'cifar10.swdata.1.aa.partial'), longAgo, longAgo);
    await utimes(join(folder.path, 'mine.txt'), longAgo, longAgo);
    await load(serving(tarball));
    assert.deepEqual((await readdir(folder.path)).sort(), [
      'cifar10.swdata',
      'cifar10.swdata.2.bb.partial',
      'mine.txt',
    ]);
  });

  it('names the data folder when it cannot be written to', async () => {
    const file = join(folder.path, 'a-file');
    await writeFile(file, '');
    await assertRefused(
      () => load(serving(tarball), known, { folder: file }),
      'DATA',
      /a-file: cannot be written to/,
      /--data-dir or STALEWART_DATA/,
    );
  });

  it('prefers the official batches in the data folder, and finds the same there', async () => {
    const packaged = await load(serving(tarball));
    await writeBinaryBatches(join(folder.path, 'cifar-10-batches-bin'), cifar);
    const official = await load(neverFetched);
    assert.equal(official.source, 'official files');
    assert.deepEqual(official.dataset, packaged.dataset);
  });

  it('does not pass over broken official batches', async () => {
    await load(serving(tarball));
    await mkdir(join(folder.path, 'cifar-10-batches-bin'));
    await assertRefused(() => load(neverFetched), 'DATA', /data_batch_1\.bin: is missing/);
  });
});
