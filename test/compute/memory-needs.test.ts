import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { evaluationBatch } from '../../src/compute/evaluation-batch.js';
import { memoryLimitOf } from '../../src/compute/memory-limit.js';
import { type MemoryRequest, memoryNeedsOf, shortage } from '../../src/compute/memory-needs.js';
import { createModel as lenet } from '../../src/compute/models/lenet.js';
import { createModel as mlp } from '../../src/compute/models/mlp.js';
import { createModel as resnet8 } from '../../src/compute/models/resnet8.js';
import { parametersOf } from '../../src/compute/parameters.js';
import { useCpuBackend } from '../../src/compute/wasm-training/index.js';

const float = 4;
const machine = 2 ** 36;

/** 10 images of 6 × 6 pixels, 3 filters of one pixel with a ReLU: 108 values each, and a dense layer on them. */
const small = () =>
  tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [6, 6, 2],
        filters: 3,
        kernelSize: 1,
        activation: 'relu',
        name: 'c',
      }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 5, name: 'd' }),
    ],
  });

function needsOf(model: tf.LayersModel, more: Partial<MemoryRequest> = {}) {
  const { weights } = parametersOf(model);
  return memoryNeedsOf({ model, weights, batchSize: 10, localOptimizer: 'sgd', ...more });
}

describe('the memory that a model needs', () => {
  before(useCpuBackend);

  it('is that of its weights, of all outputs kept for a step, and of the largest gradients', () => {
    const model = small();
    const weights = 3 * 2 + 3 + 108 * 5 + 5;
    // Before and behind the bias, and behind the ReLU; the gradients of the last two.
    const kept = 3 * 108 + 5;
    assert.equal(needsOf(model).step, float * (weights + 10 * (kept + 2 * 108)));
    assert.equal(needsOf(model).evaluation, float * (weights + evaluationBatch * 108));
    assert.deepEqual(needsOf(model).largest, { layer: 'c (Conv2D)', bytes: float * 10 * 108 });
    model.dispose();
  });

  it('is less where the layer with the largest output is frozen, which asks for no gradient of it', () => {
    const model = small();
    const [convolution] = model.layers;
    assert.ok(convolution);
    convolution.trainable = false;
    const weights = 3 * 2 + 3 + 108 * 5 + 5;
    // The gradients of all weights of the dense layer are more than that of its output.
    assert.equal(needsOf(model).step, float * (weights + 10 * (3 * 108 + 5) + 108 * 5 + 5));
    model.dispose();
  });

  it('counts gradients of trained weights, and what the optimiser keeps', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [1000], units: 500 })] });
    const weights = 1000 * 500 + 500;
    const step = (localOptimizer: MemoryRequest['localOptimizer']) =>
      needsOf(model, { batchSize: 1, localOptimizer }).step;
    assert.equal(step('sgd'), float * (2 * weights + 500));
    assert.equal(step('momentum'), float * 3 * weights);
    assert.equal(step('adam'), float * 4 * weights);
    model.dispose();
  });

  for (const [name, createModel] of Object.entries({ lenet, mlp, resnet8 })) {
    it(`is no more, and not far less, than what TensorFlow.js takes for a step of ${name}`, async () => {
      const model = createModel({ inputShape: [32, 32, 3], classes: 10 });
      const { trainable } = parametersOf(model);
      const before = tf.memory().numBytes;
      const { peakBytes } = await tf.profile(() => {
        const step = () =>
          tf.variableGrads(
            () => (model.apply(tf.ones([4, 32, 32, 3]), { training: true }) as tf.Tensor).square().mean(),
            [...trainable],
          );
        tf.dispose(tf.tidy(step));
        return tf.scalar(0);
      });
      const weights = trainable.reduce((sum, { size }) => sum + size * float, 0);
      // A profile knows of tensors alone: it counts clones, and what was there before.
      const peak = peakBytes - before + weights;
      const needs = needsOf(model, { batchSize: 4 }).step;
      assert.ok(needs <= peak, `${needs} bytes are needed at least, ${peak} were taken`);
      assert.ok(needs >= peak / 6, `${needs} bytes are needed at least, ${peak} were taken`);
      model.dispose();
    });
  }

  it('is limited by 4 GB on wasm, by the machine on other backends, and by a smaller machine on all', () => {
    assert.deepEqual(memoryLimitOf('wasm', machine), { bytes: 2 ** 32 - 65_536, owner: 'the wasm backend' });
    assert.deepEqual(memoryLimitOf('cpu', machine), { bytes: machine, owner: 'this machine' });
    assert.deepEqual(memoryLimitOf('tensorflow', machine), { bytes: machine, owner: 'this machine' });
    assert.deepEqual(memoryLimitOf('wasm', 2 ** 30), { bytes: 2 ** 30, owner: 'this machine' });
    const { bytes } = memoryLimitOf('cpu');
    assert.ok(Number.isFinite(bytes) && bytes > 0);
  });

  it('is told in one sentence where it is more than there is', () => {
    const needs = {
      step: 5 * 2 ** 30,
      evaluation: 3 * 2 ** 30,
      largest: { layer: 'wide (Conv2D)', bytes: 2 ** 30 },
      batchSize: 50,
    };
    const wasm = memoryLimitOf('wasm', machine);
    assert.equal(
      shortage(needs, wasm, 'step'),
      'a training step on 50 examples needs at least 5.0 GB of memory (the output of layer wide (Conv2D) alone 1.0 GB): ' +
        'the wasm backend has 4.0 GB at most; take a smaller batch or model',
    );
    assert.equal(shortage(needs, wasm, 'evaluation'), null);
    assert.equal(
      shortage({ ...needs, largest: { layer: 'd', bytes: 0 } }, memoryLimitOf('cpu', 2 ** 31), 'evaluation'),
      'evaluating 100 examples needs at least 3.0 GB of memory: this machine has 2.0 GB at most; take a smaller model',
    );
    assert.equal(shortage({ ...needs, step: wasm.bytes }, wasm, 'step'), null);
  });
});
