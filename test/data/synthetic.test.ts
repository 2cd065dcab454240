import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { loadDataset, type Dataset, type Split } from '../../src/data/index.js';
import { parseSynthetic, syntheticDefaults } from '../../src/data/synthetic.js';
import { channelStatistics, countClasses } from '../../src/data/statistics.js';
import { StalewartError } from '../../src/errors.js';

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

  const wrong: [string, string][] = [
    [
      'colour=1',
      'synthetic with the parameters examples, test, size, channels, classes, noise only, and "colour" is none of them',
    ],
    ['size=0', 'synthetic with size an integer from 4 to 256, and it is 0'],
    ['channels=1,size=8.5', 'synthetic with size an integer from 4 to 256, and it is 8.5'],
    ['examples=0', 'synthetic with examples an integer from 1 to 1000000, and it is 0'],
    ['examples=1e12', 'synthetic with examples an integer from 1 to 1000000, and it is 1e12'],
    ['classes=one', 'synthetic with classes an integer from 2 to 256, and it is one'],
    ['noise=-1', 'synthetic with noise a number from 0 to 10, and it is -1'],
    ['noise=', 'synthetic:name=value,name=value, and "noise=" is not such a pair'],
    ['size', 'synthetic:name=value,name=value, and "size" is not such a pair'],
    ['size=8=9', 'synthetic:name=value,name=value, and "size=8=9" is not such a pair'],
  ];
  for (const [setting, allowed] of wrong) {
    it(`refuses ${setting}, in one short line`, async () => {
      const line = `dataset is "synthetic:${setting}": it must be ${allowed}`;
      assert.ok(line.length <= 200);
      await assert.rejects(
        loadDataset(`synthetic:${setting}`),
        (error) => error instanceof StalewartError && error.code === 'CONFIG' && error.message === line,
      );
    });
  }
});
