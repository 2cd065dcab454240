import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { accuracyOf } from '../../src/compute/accuracy-of.js';
import { openModel } from '../../src/compute/open-model.js';
import { StalewartError } from '../../src/errors.js';
import { saveModel } from '../../src/compute/save-model.js';
import { makeDataset, makePartitions, never, withCompute } from './fixtures/data.js';

describe('saved models', () => {
  const dataset = makeDataset({ inputShape: [16, 16, 3], classes: 3, train: 60, test: 130 });
  const partitions = makePartitions(dataset, 1);
  let folder = '';

  before(async () => {
    tf.enableProdMode();
    await tf.setBackend('cpu');
    folder = await mkdtemp(join(tmpdir(), 'stalewart-model-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of ['lenet', 'resnet8']) {
    it(`${name} loads with tf.loadLayersModel and has the accuracy that the pool found`, async () => {
      const into = join(folder, name, 'model');
      const options = { model: name, dataset, partitions, learningRate: 0.02 };
      const found = await withCompute(options, async (compute) => {
        const { initial } = compute.model;
        const task = { worker: 0, attempt: 1, parameters: initial, localSteps: 5 };
        const { delta } = await compute.run(task, never);
        const trained = initial.map((weight, i) => weight + (delta[i] ?? 0));
        await saveModel(into, compute.model, trained, dataset);
        return compute.evaluate(trained);
      });
      assert.deepEqual((await readdir(into)).toSorted(), ['model.json', 'weights.bin']);
      const model = await tf.loadLayersModel(openModel(into));
      assert.equal(await accuracyOf(model, dataset), found.accuracy);
      assert.equal(tf.getBackend(), 'cpu');
      assert.deepEqual(model.getUserDefinedMetadata(), {
        dataset: 'made-up',
        inputShape: [16, 16, 3],
        classes: ['class 0', 'class 1', 'class 2'],
        normalisation: dataset.normalisation,
      });
      model.dispose();
    });
  }

  it('has the same bytes as TensorFlow.js itself would save', async () => {
    const into = join(folder, 'same');
    await withCompute({ model: 'resnet8', dataset, partitions }, ({ model }) =>
      saveModel(into, model, model.initial, dataset),
    );
    const ours = await openModel(into).load();
    const model = await tf.loadLayersModel(openModel(into));
    const theirs: tf.io.ModelArtifacts[] = [];
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        theirs.push(artifacts);
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    assert.deepEqual(ours.weightData, theirs[0]?.weightData);
    assert.deepEqual(ours.weightSpecs, theirs[0]?.weightSpecs);
    assert.deepEqual(ours.modelTopology, theirs[0]?.modelTopology);
    model.dispose();
  });

  it('replaces the model that was there and leaves nothing beside it', async () => {
    const above = join(folder, 'replace');
    await withCompute({}, async ({ model }) => {
      for (const value of [1, 2]) {
        await saveModel(join(above, 'model'), model, model.initial.slice().fill(value), dataset);
      }
    });
    const { weightData } = await openModel(join(above, 'model')).load();
    assert.ok(new Float32Array(weightData as ArrayBuffer).every((weight) => weight === 2));
    assert.deepEqual(await readdir(above), ['model']);
  });

  it('a folder without a model is refused in one line', async () => {
    await assert.rejects(openModel(join(folder, 'nowhere')).load(), {
      name: 'StalewartError',
      code: 'MODEL',
      message: /^there is no model in .*nowhere: model\.json cannot be read/,
    });
    await writeFile(join(folder, 'model.json'), '{"format": "other"}');
    await assert.rejects(openModel(folder).load(), /model\.json is not a model \(it has no modelTopology/);
  });

  it('a weight whose shape is not that of its layer is refused by name', async () => {
    const into = join(folder, 'tampered');
    await withCompute({ model: 'lenet', dataset, partitions }, ({ model }) =>
      saveModel(into, model, model.initial, dataset),
    );
    const file = join(into, 'model.json');
    const text = await readFile(file, 'utf8');
    const tensorsBefore = tf.memory().numTensors;
    await openModel(into).load();
    assert.equal(tf.memory().numTensors, tensorsBefore);
    // As many values, so that the size of the file tells nothing.
    const tampered = text.replace('"shape":[5,5,3,6]', '"shape":[5,3,5,6]');
    assert.notEqual(tampered, text);
    await writeFile(file, tampered);
    await assert.rejects(tf.loadLayersModel(openModel(into)), {
      name: 'StalewartError',
      code: 'MODEL',
      message:
        /^there is no model in .*tampered: model\.json gives weight \S+\/kernel the shape \[5, 3, 5, 6\], and its layer needs \[5, 5, 3, 6\]$/,
    });
  });

  it('a folder whose weights are not those that it names is refused', async () => {
    const weights = { name: 'dense/kernel', shape: [2, 3], dtype: 'float32' };
    const refused = async (changes: object, paths = ['weights.bin'], bytes = 24): Promise<string> => {
      const weightsManifest = [{ paths, weights: [{ ...weights, ...changes }] }];
      await writeFile(join(folder, 'weights.bin'), new Uint8Array(bytes));
      await writeFile(join(folder, 'model.json'), JSON.stringify({ modelTopology: {}, weightsManifest }));
      const error: unknown = await openModel(folder)
        .load()
        .then(
          () => null,
          (reason: unknown) => reason,
        );
      assert.ok(error instanceof StalewartError && error.code === 'MODEL', 'it was not refused');
      return error.message.slice(error.message.indexOf(folder) + folder.length);
    };
    const named = 'dense/kernel, float32 of shape [2, 3]';
    assert.equal(await refused({}, ['weights.bin'], 20), `: its 20 bytes of weights end within ${named}`);
    assert.equal(
      await refused({}, ['weights.bin'], 28),
      ': it has 28 bytes of weights, and model.json names 24',
    );
    assert.match(
      await refused({ shape: [2, -3] }),
      /weight dense\/kernel cannot be float32 of shape \[2, -3\]/,
    );
    assert.match(await refused({ dtype: 'float8' }), /weight dense\/kernel cannot be float8/);
    for (const path of ['../weights.bin', '/etc/hostname', 'a/../../weights.bin']) {
      assert.equal(await refused({}, [path]), `: "${path}" of model.json lies outside of it`);
    }
  });
});
