import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useCpuBackend, useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { type ModelName, models, train } from './models.js';

const optimizers = {
  SGD: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.02, 0.9),
  // Adam divides a gradient by its size, so where gradients cancel to nearly nothing it makes a whole step of a rounding
  // error. An epsilon above such gradients keeps the comparison one of kernels.
  Adam: () => tf.train.adam(0.01, 0.9, 0.999, 1e-4),
};

/** Batches, none a multiple of eight, so that lanes stay empty. */
const batches: Readonly<Record<ModelName, number>> = { lenet: 3, resnet: 12, separable: 9, overlapping: 10 };

describe('wasm-training: whole models', () => {
  for (const name of Object.keys(models) as ModelName[]) {
    for (const [optimizer, create] of Object.entries(optimizers)) {
      it(`${name} with ${optimizer} ends within 1e-4 of the cpu backend after three steps`, async () => {
        await useCpuBackend();
        const expected = train(models[name], create, batches[name], 3);
        await useWasmBackend();
        const actual = train(models[name], create, batches[name], 3);
        expected.losses.forEach((loss, step) => {
          assert.ok(
            Math.abs((actual.losses[step] ?? Number.NaN) - loss) <= 1e-4 * loss,
            `loss of step ${step}`,
          );
        });
        expected.weights.forEach((weight, i) => {
          const apart = relative(actual.weights[i] ?? new Float32Array(), weight);
          assert.ok(apart <= 1e-4, `weight ${i} is ${apart} apart`);
        });
      });
    }

    it(`${name} gives the same bits when the same steps are repeated`, async () => {
      await useWasmBackend();
      const first = train(models[name], optimizers.momentum, batches[name], 3);
      const second = train(models[name], optimizers.momentum, batches[name], 3);
      assert.deepEqual(second, first);
    });
  }

  it('leaves no tensor behind', async () => {
    await useWasmBackend();
    train(models.resnet, optimizers.SGD, 8, 1);
    const before = tf.memory().numTensors;
    train(models.resnet, optimizers.SGD, 8, 2);
    assert.equal(tf.memory().numTensors, before);
  });

  it('trains a batch larger than the memory that the backend starts with', async () => {
    await useWasmBackend();
    const { losses } = train(models.lenet, optimizers.SGD, 700, 1);
    assert.ok(losses.every(Number.isFinite));
  });
});

/** max |a − b| / max |b|. */
function relative(actual: Float32Array, expected: Float32Array): number {
  assert.equal(actual.length, expected.length);
  let difference = 0;
  let largest = 0;
  expected.forEach((value, i) => {
    difference = Math.max(difference, Math.abs((actual[i] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  });
  return difference / largest;
}
