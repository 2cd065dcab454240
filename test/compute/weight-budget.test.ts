import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { memoryLimitOf } from '../../src/compute/memory-limit.js';
import { useCpuBackend } from '../../src/compute/wasm-training/index.js';
import { withinBudget } from '../../src/compute/weight-budget.js';
import { StalewartError } from '../../src/errors.js';

/** Values that were drawn. */
let drawn = 0;

const counting = () => {
  const initializer = tf.initializers.zeros();
  initializer.apply = (shape) => {
    drawn += tf.util.sizeFromShape(shape as number[]);
    return tf.zeros(shape as number[]);
  };
  return initializer;
};

const dense = (name: string, units: number, more: { trainable?: boolean; inputShape?: number[] } = {}) =>
  tf.layers.dense({ units, useBias: false, kernelInitializer: counting(), name, ...more });

const limit = { bytes: 8 * 1000, owner: 'the wasm backend' };
const make = (...layers: tf.layers.Layer[]) =>
  withinBudget('the model', limit, async () => tf.sequential({ layers }));

describe('the budget of weights', () => {
  before(useCpuBackend);
  beforeEach(() => {
    drawn = 0;
  });

  it('admits weights that fit together with their gradients, to the last', async () => {
    const model = await make(dense('a', 10, { inputShape: [50] }), dense('b', 50));
    assert.equal(model.countParams(), 1000);
    assert.equal(drawn, 1000);
  });

  it('refuses the layer with which they no longer fit, before its weights are made', async () => {
    await assert.rejects(
      make(dense('a', 10, { inputShape: [50] }), dense('b', 51), dense('c', 1)),
      (error) =>
        error instanceof StalewartError &&
        error.code === 'MODEL' &&
        error.message ===
          'model: the weights of the model up to layer b (Dense) and their gradients need 0.0 GB of memory: ' +
            'the wasm backend has 0.0 GB at most; take a smaller model',
    );
    assert.equal(drawn, 500);
  });

  it('counts no gradients of a frozen layer', async () => {
    const frozen = { inputShape: [50], trainable: false };
    assert.equal((await make(dense('a', 20, frozen), dense('b', 25))).countParams(), 1500);
    await assert.rejects(make(dense('a', 20, frozen), dense('b', 26)), /up to layer b/);
  });

  it('refuses weights that no machine has, with the number', async () => {
    const terabytes = withinBudget('huge', memoryLimitOf('wasm', 2 ** 40), async () =>
      tf.sequential({ layers: [dense('a', 1e6, { inputShape: [1e6] })] }),
    );
    await assert.rejects(
      terabytes,
      /the weights of huge up to layer a \(Dense\) .* need 7450\.6 GB of memory: the wasm backend has 4\.0 GB at most/,
    );
    assert.equal(drawn, 0);
  });

  it('is over once the model is made, or was refused', async () => {
    await make(dense('a', 1, { inputShape: [1] }));
    await assert.rejects(make(dense('a', 1e4, { inputShape: [1e4] })));
    assert.equal(tf.sequential({ layers: [dense('a', 100, { inputShape: [100] })] }).countParams(), 10_000);
  });
});
