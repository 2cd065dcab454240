import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { parametersOf } from '../../../src/compute/parameters.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import {
  evaluateOnCpu,
  executorOf,
  product,
  relative,
  type Training,
  trainByPlan,
  trainByTfjs,
  uniform,
} from './engines.js';

const inputShape = [7, 6, 3];
const classes = 5;

function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}

/** A chain of several dropouts, one of them with a seed of its own. */
function chain(rate = 0.3): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dropout({ rate, inputShape }),
      tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'tanh' }),
      tf.layers.dropout({ rate: rate / 2, seed: 11 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 9, activation: 'sigmoid' }),
      tf.layers.dropout({ rate: 2 * rate }),
      tf.layers.dense({ units: classes }),
    ],
  });
}

/** Branches of different depths and rates, so that masks in another order would be other masks. */
function branches(): tf.LayersModel {
  const input = tf.input({ shape: inputShape });
  const conv = (x: tf.SymbolicTensor) =>
    apply(tf.layers.conv2d({ filters: 3, kernelSize: 2, padding: 'same', activation: 'tanh' }), x);
  const drop = (rate: number, x: tf.SymbolicTensor) => apply(tf.layers.dropout({ rate }), x);
  const first = conv(drop(0.2, input));
  const left = drop(0.5, first);
  const middle = drop(0.1, conv(drop(0.4, conv(first))));
  const right = drop(0.6, conv(first));
  const sum = apply(tf.layers.add(), [left, middle, apply(tf.layers.add(), [right, drop(0.3, left)])]);
  const output = apply(tf.layers.dense({ units: classes }), apply(tf.layers.flatten(), sum));
  return tf.model({ inputs: input, outputs: output });
}

/** Ten steps; the last batches are smaller than planned. */
function trainingOf(createModel: () => tf.LayersModel): Training {
  const model = createModel();
  const { count } = parametersOf(model);
  model.dispose();
  const batchSize = 11;
  return {
    createModel,
    initial: uniform(count, 1).map((value) => value / 2),
    batchSize,
    learningRate: 0.05,
    batches: Array.from({ length: 10 }, (_, step) => {
      const images = step < 8 ? batchSize : 11 - step;
      return {
        inputs: uniform(images * product(inputShape), 20 + step),
        labels: Int32Array.from({ length: images }, (_, i) => (3 * i + step) % classes),
      };
    }),
  };
}

describe('a plan with dropout', () => {
  before(useWasmBackend);

  for (const [name, create] of Object.entries({ chain: () => chain(), 'model with branches': branches })) {
    for (const backend of ['cpu', 'wasm'] as const) {
      it(`takes the ten steps that the ${backend} backend takes of a ${name}`, async () => {
        const training = trainingOf(create);
        const planned = trainByPlan(training);
        const truth = await trainByTfjs(backend, training);
        assert.ok(relative(planned.losses, truth.losses) <= 1e-5, String([planned.losses, truth.losses]));
        const apart = relative(planned.weights, truth.weights);
        assert.ok(apart <= 1e-5, `weights are ${apart} apart`);
      });
    }

    it(`gives the same bits again, and in another memory, of a ${name}`, () => {
      const training = trainingOf(create);
      const executor = executorOf(training);
      const once = trainByPlan(training, executor);
      assert.deepEqual(trainByPlan(training, executor), once);
      assert.deepEqual(trainByPlan(training), once);
    });
  }

  it('drops something', () => {
    const losses = [0, 0.3].map((rate) => trainByPlan(trainingOf(() => chain(rate))).losses);
    assert.ok(relative(losses[0] ?? [], losses[1] ?? []) > 1e-2, String(losses));
  });

  it('drops nothing in an evaluation', async () => {
    const training = trainingOf(() => chain());
    const executor = executorOf(training);
    trainByPlan(training, executor); // leaves its masks
    const [batch] = training.batches;
    assert.ok(batch);
    executor.begin(training.initial);
    executor.inputs.set(batch.inputs);
    executor.labels.set(batch.labels);
    const { lossSum, correct } = executor.evaluate(batch.labels.length);
    const truth = await evaluateOnCpu(training, batch);
    assert.ok(Math.abs(lossSum - truth.lossSum) <= 1e-5 * truth.lossSum);
    assert.equal(correct, truth.correct);
  });
});
