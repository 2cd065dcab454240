import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { loadDataset, type Dataset, type Split } from '../../src/data/index.js';
import { parseSynthetic, syntheticDefaults } from '../../src/data/synthetic.js';
import { channelStatistics, countClasses } from '../../src/data/statistics.js';
import { assertRefused } from './support/assert-data-error.js';

function tensors(dataset: Dataset, split: Split): { x: tf.Tensor2D; y: tf.Tensor1D } {
  const { inputScale, mean, deviation } = dataset.normalisation;
  const values = Float32Array.from(split.inputs, (value, i) => {
    const channel = i % mean.length;
    return (value / inputScale - (mean[channel] ?? 0)) / (deviation[channel] ?? 1);
  });
  return {
    x: tf.tensor2d(values, [split.size, values.length / split.size]),
    y: tf.tensor1d(Float32Array.from(split.labels)),
  };
}

/** Test accuracy of a dense network with the given hidden units after 20 epochs of SGD. */
async function accuracyOf(dataset: Dataset, hidden: readonly number[]): Promise<number> {
  const train = tensors(dataset, dataset.train);
  const test = tensors(dataset, dataset.test);
  const model = tf.sequential();
  const sizes = [...hidden, dataset.classes];
  for (const [layer, units] of sizes.entries()) {
    model.add(
      tf.layers.dense({
        units,
        activation: layer < hidden.length ? 'relu' : 'softmax',
        kernelInitializer: tf.initializers.glorotUniform({ seed: layer + 1 }),
        ...(layer === 0 ? { inputShape: [train.x.shape[1]] } : {}),
      }),
    );
  }
  model.compile({
    optimizer: tf.train.sgd(0.05),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const history = await model.fit(train.x, train.y, {
    epochs: 20,
    batchSize: 32,
    shuffle: false,
    verbose: 0,
    validationData: [test.x, test.y],
  });
  return Number(history.history['val_acc']?.at(-1));
}

describe('the synthetic data set', () => {
  it('is the same for the same seed, and another for another', async () => {
    const source = 'synthetic:examples=40,test=10,size=8';
    const first = await loadDataset(source, { seed: 5 });
    assert.deepEqual(await loadDataset(source, { seed: 5 }), first);
    const other = await loadDataset(source, { seed: 6 });
    assert.notDeepEqual(other.train.inputs, first.train.inputs);
    assert.notDeepEqual(first.test.inputs.subarray(0, 64), first.train.inputs.subarray(0, 64));
  });

  it('looks like CIFAR-10 by default', async () => {
    const dataset = await loadDataset('synthetic');
    assert.deepEqual(dataset.inputShape, [32, 32, 3]);
    assert.equal(dataset.classes, 10);
    assert.deepEqual([dataset.train.size, dataset.test.size], [2000, 500]);
    assert.deepEqual(
      countClasses(dataset.train.labels, 10),
      Array.from({ length: 10 }, () => 200),
    );
    assert.equal(dataset.train.inputs.length, 2000 * 3072);
    assert.ok(dataset.train.inputs.buffer instanceof SharedArrayBuffer);
    const { mean, deviation } = channelStatistics(dataset.train.inputs, 3, 255);
    assert.deepEqual(dataset.normalisation, { inputScale: 255, mean, deviation });
  });

  it('is learnt by a small network to over 90 %, and not by a linear one', async () => {
    await tf.setBackend('cpu');
    const dataset = await loadDataset('synthetic:examples=1000,test=300,size=8,channels=1,classes=4');
    const network = await accuracyOf(dataset, [32]);
    const linear = await accuracyOf(dataset, []);
    assert.ok(network > 0.9, `the network reaches ${network}`);
    assert.ok(linear < 0.85, `the linear classifier reaches ${linear}`);
  });

  it('takes its settings from the name', () => {
    assert.deepEqual(parseSynthetic('synthetic'), syntheticDefaults);
    assert.deepEqual(parseSynthetic('synthetic:noise=0.25,size=16'), {
      ...syntheticDefaults,
      noise: 0.25,
      size: 16,
    });
  });

  it('refuses settings that it does not know, or that make no sense', async () => {
    const wrong = [
      'colour=1',
      'size=2',
      'size=8.5',
      'examples=0',
      'classes=1',
      'noise=-1',
      'noise=',
      'size',
      'size=8=9',
    ];
    for (const setting of wrong) {
      await assertRefused(
        () => loadDataset(`synthetic:${setting}`),
        'CONFIG',
        /^dataset is "synthetic:.*": it must be synthetic or synthetic:examples=1…1000000,/,
      );
    }
  });
});
