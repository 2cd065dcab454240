/** Gradients of gradients, as gradient penalties take them, on our backend and on the plain one. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { describe, it } from 'mocha';
import { useCpuBackend, useWasmBackend } from '../../../src/compute/wasm-training/index.js';

async function onBoth(compute: () => tf.Tensor): Promise<readonly [number[], number[]]> {
  const results: number[][] = [];
  for (const use of [useWasmBackend, useCpuBackend]) {
    await use();
    const result = tf.tidy(compute);
    results.push([...result.dataSync()]);
    result.dispose();
  }
  const [wasm = [], cpu = []] = results;
  return [wasm, cpu];
}

const x = () => tf.randomNormal([3, 4, 5], 0, 1, 'float32', 7);

describe('wasm-training: gradients of gradients', () => {
  const functions: Readonly<Record<string, (input: tf.Tensor) => tf.Tensor>> = {
    relu: (input) => tf.relu(input).square().sum(),
    'a sum over the middle': (input) => input.square().sum(1).square().sum(),
    'a mean over the first': (input) => input.square().mean(0).square().sum(),
    'batch normalisation, everything in it a function of the input': (input) => {
      const { mean, variance } = tf.moments(input, [0, 1]);
      const [offset, scale] = [input.square().mean([0, 1]), input.sum([0, 1]).sin()];
      return tf
        .batchNorm(
          input as tf.Tensor3D,
          mean.mul<tf.Tensor1D>(0.7),
          variance as tf.Tensor1D,
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
          1e-3,
        )
        .sin()
        .square()
        .sum();
    },
    'two dense layers': (input) =>
      tf
        .relu(input.reshape([12, 5]).matMul(tf.randomNormal([5, 6], 0, 1, 'float32', 8)))
        .square()
        .sum(),
  };
  for (const [name, f] of Object.entries(functions)) {
    it(`go through ${name}`, async () => {
      const penalty = (input: tf.Tensor) => tf.grad(f)(input).square().sum();
      const [wasm, cpu] = await onBoth(() => tf.grad(penalty)(x()));
      const largest = Math.max(1, ...cpu.map(Math.abs));
      assert.ok(cpu.some((value) => value !== 0));
      assert.equal(wasm.length, cpu.length);
      for (const [i, value] of wasm.entries()) {
        assert.ok(Math.abs(value - (cpu[i] ?? NaN)) <= 1e-5 * largest, `${i}: ${value} instead of ${cpu[i]}`);
      }
    });
  }
});
