import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { type LossName, lossNames } from '../../../src/compute/losses.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { evaluateOnCpu, executorOf, relative, type Training, trainByPlan, trainByTfjs } from './engines.js';

/** Three logits, of which the first two are twice the inputs, and a softmax. */
function trainingOf(loss: LossName, inputs: readonly number[], labels: readonly number[]): Training {
  return {
    createModel: () =>
      tf.sequential({
        layers: [
          tf.layers.flatten({ inputShape: [1, 1, 2] }),
          tf.layers.dense({ units: 3, activation: 'softmax' }),
        ],
      }),
    initial: Float32Array.of(2, 0, 0, 0, 2, 0, 0, 0, 0),
    batchSize: labels.length,
    learningRate: 1,
    loss,
    batches: [{ inputs: Float32Array.from(inputs), labels: Int32Array.from(labels) }],
  };
}

describe('a plan of a model that ends in a softmax', () => {
  before(useWasmBackend);

  for (const loss of lossNames) {
    it(`takes the step of TensorFlow.js where probabilities vanish, with ${loss}`, async () => {
      for (const [inputs, label] of [
        [[100, -100], 1],
        [[50, 0], 1],
        [[44, 0], 1],
        [[1.5, 0.5], 1],
        [[20, 0.5], 0],
      ] as const) {
        const training = trainingOf(loss, inputs, [label]);
        const planned = trainByPlan(training);
        const truth = await trainByTfjs('cpu', training);
        const [expected = Number.NaN] = truth.losses;
        assert.ok(Math.abs((planned.losses[0] ?? Number.NaN) - expected) <= 1e-5 * Math.max(1, expected));
        assert.ok(relative(planned.weights, truth.weights) <= 1e-5, String([planned.weights, truth.weights]));
      }
    });

    it(`counts the examples that TensorFlow.js counts, with ${loss}`, async () => {
      // The first logit is infinite.
      const inputs = [3e38, 0, 2, 1, 2, 2, 2, 2, -1, -1, Number.NaN, 3];
      const training = trainingOf(loss, inputs, [0, 0, 0, 1, 2, 1]);
      const [batch] = training.batches;
      assert.ok(batch);
      const executor = executorOf(training);
      executor.begin(training.initial);
      executor.inputs.set(batch.inputs);
      executor.labels.set(batch.labels);
      const truth = await evaluateOnCpu(training, batch);
      assert.equal(truth.correct, 3);
      assert.equal(executor.evaluate(batch.labels.length).correct, truth.correct);
    });
  }
});
