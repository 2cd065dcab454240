import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadDataset } from '../../src/data/index.js';
import { parseIdx, readIdxFolder } from '../../src/data/formats/idx.js';
import { assertRefused } from './support/assert-data-error.js';
import { temporaryFolder } from './support/temporary-folder.js';

function idx(dimensions: readonly number[], values: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(0x0800 | dimensions.length);
  for (const [i, dimension] of dimensions.entries()) {
    header.writeUInt32BE(dimension, 4 + 4 * i);
  }
  return Buffer.concat([header, Buffer.from(values)]);
}

const files = {
  'train-images-idx3-ubyte': idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  'train-labels-idx1-ubyte': idx([2], [4, 1]),
  't10k-images-idx3-ubyte': idx([1, 2, 3], [9, 9, 9, 9, 9, 9]),
  't10k-labels-idx1-ubyte': idx([1], [2]),
};

describe('IDX files', () => {
  const folder = temporaryFolder();

  beforeEach(async () => {
    for (const [name, bytes] of Object.entries(files)) {
      const gzipped = name.startsWith('t10k');
      await writeFile(join(folder.path, gzipped ? `${name}.gz` : name), gzipped ? gzipSync(bytes) : bytes);
    }
  });

  it('are read from a folder, plain or gzipped', async () => {
    const { train, test, inputShape } = await readIdxFolder(folder.path);
    assert.deepEqual(inputShape, [2, 3, 1]);
    assert.deepEqual([...train.inputs], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.deepEqual([...train.labels], [4, 1]);
    assert.deepEqual([test.size, [...test.labels]], [1, [2]]);
    assert.ok(train.inputs.buffer instanceof SharedArrayBuffer);
  });

  it('make a data set of their own when their folder is given', async () => {
    const dataset = await loadDataset(folder.path);
    assert.deepEqual([dataset.classes, dataset.train.size, dataset.test.size], [5, 2, 1]);
    assert.equal(dataset.normalisation.inputScale, 255);
  });

  it('are refused when one is missing, naming it', async () => {
    await rm(join(folder.path, 't10k-labels-idx1-ubyte.gz'));
    await assertRefused(() => readIdxFolder(folder.path), 'DATA', /t10k-labels-idx1-ubyte: is missing/);
  });

  it('are refused when one is not gzip although it says so', async () => {
    await writeFile(join(folder.path, 't10k-labels-idx1-ubyte.gz'), 'plain');
    await assertRefused(() => readIdxFolder(folder.path), 'DATA', /t10k-labels-idx1-ubyte.* cannot be read/);
  });

  it('are refused when there are more images than labels', async () => {
    await writeFile(join(folder.path, 'train-labels-idx1-ubyte'), idx([1], [0]));
    await assertRefused(() => readIdxFolder(folder.path), 'DATA', /train-images.* has 2 images .* 1 labels/);
  });

  it('are refused when they are short, long, of another kind or of other dimensions', async () => {
    const whole = idx([2], [1, 2]);
    const ofFloats = Buffer.from(whole);
    ofFloats[2] = 0x0d;
    for (const bytes of [whole.subarray(0, 9), Buffer.concat([whole, whole]), ofFloats, Buffer.alloc(3)]) {
      await assertRefused(async () => parseIdx(bytes, 'labels', 1), 'DATA', /^labels: /);
    }
    await assertRefused(async () => parseIdx(whole, 'images', 3), 'DATA', /3 dimensions/);
  });
});
