import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asDataset } from '../../src/data/as-dataset.js';
import { createSynthetic, parseSynthetic } from '../../src/data/synthetic.js';
import { StalewartError } from '../../src/errors.js';
import {
  assertSameContent,
  datasetSha256,
  describeContent,
  findContent,
  modelSha256,
} from '../../src/run/same-content.js';

const content = '0'.repeat(64);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function errorOf(promise: Promise<unknown>): Promise<StalewartError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StalewartError);
  assert.doesNotMatch(error.message, /\n/);
  return error;
}

describe('a module of the user’s, for a process elsewhere', () => {
  let folder: string;
  let before: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-content-'));
    before = process.cwd();
    process.chdir(folder);
    await mkdir('here/models', { recursive: true });
    await writeFile('here/models/mine.mjs', 'one');
    await writeFile('secret.mjs', 'two');
  });
  afterEach(async () => {
    process.chdir(before);
    await rm(folder, { recursive: true });
  });

  it('is told by its path below the working directory, and the hash of its bytes', async () => {
    assert.deepEqual(await describeContent('model', './here/models/mine.mjs', content), {
      name: 'here/models/mine.mjs',
      moduleSha256: sha256('one'),
      contentSha256: content,
    });
    assert.deepEqual(await describeContent('model', 'lenet', content), {
      name: 'lenet',
      moduleSha256: null,
      contentSha256: content,
    });
  });

  it('cannot be a value, or lie where others do not find it', async () => {
    assert.match(
      (await errorOf(describeContent('model', () => null, content))).message,
      /is a value of this program/,
    );
    process.chdir('here');
    const { message, exitCode } = await errorOf(describeContent('dataset', '../secret.mjs', content));
    assert.match(message, /dataset is "\.\.\/secret\.mjs", which other processes cannot find/);
    assert.equal(exitCode, 2);
  });

  it('is found at the same path below the folder of the process', async () => {
    const told = { name: 'models/mine.mjs', moduleSha256: sha256('one'), contentSha256: content };
    const found = await findContent('model', told, 'here');
    assert.ok(found.endsWith(join('here', 'models', 'mine.mjs')));
    assert.equal(await findContent('dataset', { ...told, name: 'cifar10' }, 'here'), 'cifar10');
  });

  it('that is absent or other is refused by one line that names both hashes', async () => {
    const told = { name: 'models/mine.mjs', moduleSha256: sha256('other'), contentSha256: content };
    const other = await errorOf(findContent('model', told, 'here'));
    assert.ok(
      other.message.includes(sha256('one')) && other.message.includes(sha256('other')),
      other.message,
    );
    const absent = await errorOf(findContent('model', { ...told, name: 'models/none.mjs' }, 'here'));
    assert.match(absent.message, /is not below .*here, and the server's has SHA-256 /);
    assert.ok(absent.message.includes(sha256('other')));
  });

  it('is never taken from outside of that folder, whatever a message names, not even through a link', async () => {
    await symlink(join(folder, 'secret.mjs'), 'here/link.mjs');
    for (const name of ['../secret.mjs', join(folder, 'secret.mjs'), 'link.mjs', 'models/../../secret.mjs']) {
      const told = { name, moduleSha256: sha256('two'), contentSha256: content };
      const { message } = await errorOf(findContent('model', told, 'here'));
      assert.match(message, /lies outside of/, name);
    }
  });
});

describe('fingerprints', () => {
  it('of data differ with any label, any shape, and the seed, and agree for the same', () => {
    const settings = parseSynthetic('synthetic:examples=300,test=50,size=4,channels=1');
    const print = datasetSha256(createSynthetic(settings, 1));
    assert.equal(datasetSha256(createSynthetic(settings, 1)), print);
    assert.notEqual(datasetSha256(createSynthetic(settings, 2)), print);
    const inputs = new Float32Array(8);
    const make = (labels: number[], inputShape: number[]) =>
      datasetSha256(
        asDataset({
          name: 'x',
          inputShape,
          classes: 2,
          train: { inputs, labels: Uint8Array.from(labels) },
          test: { inputs, labels: Uint8Array.from(labels) },
        }),
      );
    assert.notEqual(make([0, 1, 0, 1], [2]), make([0, 1, 1, 1], [2]));
    assert.notEqual(make([0, 1], [4]), make([0, 1], [2, 2, 1]));
  });

  it('of models differ with shapes', () => {
    const weight = { name: 'w', shape: [2, 3], trainable: true };
    assert.notEqual(
      modelSha256({ weights: [weight] }),
      modelSha256({ weights: [{ ...weight, shape: [3, 2] }] }),
    );
    assert.equal(modelSha256({ weights: [weight] }), modelSha256({ weights: [{ ...weight, name: 'v' }] }));
  });

  it('that differ are refused by one line with both', () => {
    const told = { name: 'mnist', moduleSha256: null, contentSha256: content };
    assert.doesNotThrow(() => assertSameContent('dataset', told, content));
    assert.throws(
      () => assertSameContent('dataset', told, '1'.repeat(64)),
      /dataset "mnist" is not the server's: here its content has SHA-256 1{64}, there 0{64}/,
    );
  });
});
