import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useCpuBackend, useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { fixture, withCompute } from '../fixtures/data.js';
import { distance, normal } from './on-backends.js';

/** Output and gradients by input and trained weights, of the sum of outputs times `normal` factors. */
function passOf(layer: tf.layers.Layer, x: tf.Tensor4D): readonly Float32Array[] {
  return tf.tidy(() => {
    const y = layer.apply(x, { training: true }) as tf.Tensor;
    const factors = normal(9, y.shape);
    const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const loss = () => (layer.apply(x, { training: true }) as tf.Tensor).mul(factors).sum<tf.Scalar>();
    const dx = tf.grad((input) => (layer.apply(input, { training: true }) as tf.Tensor).mul(factors).sum())(
      x,
    );
    const grads: tf.NamedTensorMap = weights.length > 0 ? tf.variableGrads(loss, weights).grads : {};
    if (weights.length === 0) loss(); // moves the statistics of a normalisation as often as with weights
    const all = [y, dx, ...weights.map(({ name }) => grads[name])];
    return all.map((tensor) => Float32Array.from(tensor?.dataSync<'float32'>() ?? []));
  });
}

function built(layer: tf.layers.Layer, shape: number[], weights: tf.Tensor[]): tf.layers.Layer {
  layer.build([null, ...shape]);
  layer.setWeights(weights);
  return layer;
}

describe('wasm-training: a dilated convolution without activation', () => {
  for (const useBias of [true, false]) {
    it(`is trained ${useBias ? 'with' : 'without'} bias as one whose filter has zeros between its taps`, async () => {
      await useCpuBackend();
      const shape = [3, 11, 10, 2];
      const kernel = normal(2, [3, 2, 2, 4]);
      // Height dilated by 2, width by 3.
      const spread = (small: tf.Tensor4D) =>
        small
          .reshape([3, 1, 2, 1, 8])
          .pad([
            [0, 0],
            [0, 1],
            [0, 0],
            [0, 2],
            [0, 0],
          ])
          .reshape<tf.Tensor4D>([6, 6, 2, 4])
          .slice([0, 0, 0, 0], [5, 4, 2, 4]);
      const bias = tf.tensor1d([0.5, -1, 2, 0.25]);
      const convolve = (x: tf.Tensor, small: tf.Tensor, shift: tf.Tensor) =>
        tf
          .conv2d(x as tf.Tensor4D, spread(small as tf.Tensor4D), 1, 'same')
          .add<tf.Tensor>(shift.mul(Number(useBias)));
      const [y, dx, dKernel, dBias] = tf.tidy(() => {
        const inputs = [normal(1, shape), kernel, bias];
        const output = convolve(normal(1, shape), kernel, bias);
        const factors = normal(9, output.shape);
        const gradients = tf.grads((x, k, b) =>
          convolve(x as tf.Tensor, k as tf.Tensor, b as tf.Tensor)
            .mul(factors)
            .sum(),
        )(inputs);
        return [output, ...gradients].map((tensor) => Float32Array.from(tensor.dataSync<'float32'>()));
      });
      const values = [kernel, bias].map((tensor) => tensor.dataSync<'float32'>());

      await useWasmBackend();
      const settings = { filters: 4, kernelSize: [3, 2], dilationRate: [2, 3] } as const;
      const layer = built(
        tf.layers.conv2d({ ...settings, kernelSize: [3, 2], dilationRate: [2, 3], padding: 'same', useBias }),
        shape.slice(1),
        [
          tf.tensor(values[0] ?? [], [3, 2, 2, 4]),
          ...(useBias ? [tf.tensor1d(values[1] ?? new Float32Array())] : []),
        ],
      );
      const pass = passOf(layer, normal(1, shape));
      const expected = [y, dx, dKernel, ...(useBias ? [dBias] : [])];
      assert.equal(pass.length, expected.length);
      for (const [i, actual] of pass.entries()) {
        const truth = expected[i];
        assert.ok(truth);
        assert.ok(distance(actual, truth) <= 1e-5, `result ${i} is ${distance(actual, truth)} apart`);
      }
    });
  }
});

describe('wasm-training: batch normalisation without scale or center', () => {
  const shape = [4, 3, 5, 6];
  const use = { wasm: useWasmBackend, cpu: useCpuBackend };
  for (const backend of ['wasm', 'cpu'] as const) {
    for (const [scale, center] of [
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      it(`is that with a scale of 1 and an offset of 0, on ${backend}, ${JSON.stringify({ scale, center })}`, async () => {
        await use[backend]();
        const given = { momentum: 0.7, epsilon: 1e-3 };
        const moving = () => [tf.ones([6]), tf.ones([6])];
        const gamma = normal(4, [1, 1, 1, 6]).reshape([6]);
        const beta = normal(5, [1, 1, 1, 6]).reshape([6]);
        const part = built(tf.layers.batchNormalization({ ...given, scale, center }), shape.slice(1), [
          ...(scale ? [gamma] : []),
          ...(center ? [beta] : []),
          ...moving(),
        ]);
        const whole = built(tf.layers.batchNormalization(given), shape.slice(1), [
          scale ? gamma : tf.ones([6]),
          center ? beta : tf.zeros([6]),
          ...moving(),
        ]);
        const [y, dx, dGamma, dBeta] = passOf(whole, normal(1, shape));
        const expected = [y, dx, ...(scale ? [dGamma] : []), ...(center ? [dBeta] : [])];
        assert.deepEqual(passOf(part, normal(1, shape)), expected);
        const statistics = (layer: tf.layers.Layer) =>
          layer.nonTrainableWeights.map((weight) => [...weight.read().dataSync()]);
        assert.deepEqual(statistics(part), statistics(whole));
        // Neither keeps what stood in for the missing weights.
        assert.equal(part.weights.length, 2 + Number(scale) + Number(center));
        const inferred = (layer: tf.layers.Layer) => [
          ...(layer.apply(normal(1, shape), { training: false }) as tf.Tensor).dataSync(),
        ];
        const apart = distance(Float32Array.from(inferred(part)), Float32Array.from(inferred(whole)));
        assert.ok(apart <= 1e-6, `${apart}`);
      });
    }
  }

  it('is repaired without taking a number from the layers of the user', async () => {
    await withCompute({ model: fixture('tiny-model') }, async ({ model }) => {
      assert.equal(model.weights[0]?.name, 'conv2d_Conv2D1/kernel');
    });
  });

  it('is trained in a compute thread by the plan', async () => {
    const model = () =>
      tf.sequential({
        layers: [
          tf.layers.conv2d({ inputShape: [4, 4, 1], filters: 3, kernelSize: 2, dilationRate: 2 }),
          tf.layers.batchNormalization({ scale: false }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 4 }),
        ],
      });
    await withCompute({ model, engine: 'plan' }, async (compute) => {
      assert.equal(compute.engine, 'plan');
      assert.ok(compute.model.weights.some(({ name }) => name.endsWith('/beta')));
      assert.ok(!compute.model.weights.some(({ name }) => name.endsWith('/gamma')));
    });
  });
});
