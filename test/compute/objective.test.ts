import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { meanSquaredError } from '../../src/compute/objective.js';
import { useCpuBackend, useWasmBackend } from '../../src/compute/wasm-training/index.js';

describe('mean squared error', () => {
  for (const [backend, use] of Object.entries({ cpu: useCpuBackend, wasm: useWasmBackend })) {
    it(`is the mean over examples and classes, with its gradient, on the ${backend} backend`, async () => {
      await use();
      const labels = Int32Array.of(0, 1);
      const outputs = tf.tensor2d([1, 0.5, 0, 3, 0.5, -1], [2, 3]);
      const loss = (z: tf.Tensor) => meanSquaredError(z as tf.Tensor2D, labels);
      const squares = 0.25 + 9 + 0.25 + 1; // of errors 0, ½, 0 and 3, −½, −1
      assert.equal(loss(outputs).dataSync()[0], squares / 6);
      const gradient = [...tf.grad(loss)(outputs).dataSync()];
      assert.deepEqual(
        gradient,
        [0, 0.5, 0, 3, -0.5, -1].map((error) => Math.fround(error / 3)),
      );
      outputs.dispose();
    });
  }
});
