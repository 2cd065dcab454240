import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { ComputeOptions } from '../../src/compute/compute-pool.js';
import { StalewartError } from '../../src/errors.js';
import { fixture, makeDataset, makePartitions, never, withCompute } from './fixtures/data.js';

const dataset = makeDataset();

async function assertRefused(options: Partial<ComputeOptions>, message: RegExp): Promise<void> {
  await assert.rejects(
    withCompute(options, async () => {}),
    (error: unknown) => {
      assert.ok(error instanceof StalewartError, String(error));
      assert.match(error.message, message);
      assert.deepEqual([error.code, error.field, error.exitCode], ['MODEL', 'model', 2]);
      assert.ok(!error.message.includes('\n'));
      return true;
    },
  );
}

function linear(name = 'linear'): tf.Sequential {
  return tf.sequential({
    name,
    layers: [tf.layers.flatten({ inputShape: [4, 4, 1] }), tf.layers.dense({ units: 4 })],
  });
}

describe('models of the user', () => {
  before(async () => {
    tf.enableProdMode();
    await tf.setBackend('cpu');
  });

  it('a module may be handed TensorFlow.js, be asynchronous and bring a loss', async () => {
    await withCompute({ model: fixture('own-library-model'), learningRate: 1 }, async (compute) => {
      const { initial } = compute.model;
      const { delta } = await compute.run(
        { worker: 0, attempt: 1, parameters: initial, localSteps: 1 },
        never,
      );
      for (const bias of delta.subarray(-4)) assert.ok(Math.abs(bias + 1 / 4) < 1e-6);
    });
  });

  it('a last softmax and penalties of regularisers are part of what is minimised', async () => {
    const options = { model: fixture('softmax-model'), learningRate: 0.001 };
    await withCompute(options, async (compute) => {
      const { initial } = compute.model; // kernel of ones: all classes alike
      const { loss } = await compute.evaluate(initial);
      assert.ok(Math.abs(loss - (Math.log(4) + 0.5 * 64)) < 1e-4, `loss ${loss}`);
      const task = { worker: 0, attempt: 1, parameters: initial, localSteps: 1 };
      const { firstLoss, delta } = await compute.run(task, never);
      assert.ok(Math.abs(firstLoss - loss) < 1e-4);
      const decay = -0.001 * 64; // of all kernel weights together: cross-entropy's gradients add up to 0 over classes
      const kernel = delta.subarray(0, 64).reduce((sum, d) => sum + d, 0);
      assert.ok(Math.abs(kernel - decay) < 1e-5, `${kernel}`);
    });
  });

  it('a model as a value is trained from the weights that it has', async () => {
    const model = linear();
    const weights = model.weights.flatMap((weight) => [...weight.read().dataSync()]);
    await withCompute({ model }, async (compute) => {
      assert.deepEqual([...compute.model.initial], weights);
      assert.equal(compute.model.name, 'linear');
      const task = { worker: 0, attempt: 1, parameters: compute.model.initial, localSteps: 1 };
      assert.ok((await compute.run(task, never)).delta.some((d) => d !== 0));
    });
  });

  it('a function that makes a model has its weights drawn from the seed', async () => {
    const initial = (seed: number) =>
      withCompute({ model: () => linear(), seed }, async ({ model }) => [...model.initial]);
    const [first, again, other] = [await initial(1), await initial(1), await initial(2)];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other, first);
  });

  it('a name that is neither model nor file is refused, with what is allowed', async () => {
    await assertRefused(
      { model: 'lenett' },
      /"lenett": there is no such model; it must be lenet, mlp, resnet8/,
    );
    await assertRefused({ model: './nowhere.mjs' }, /"\.\/nowhere\.mjs": there is no such file/);
  });

  it('a module without createModel is refused, with what it exports', async () => {
    await assertRefused(
      { model: fixture('no-create-model') },
      /exports makeModel: it must export .*createModel/,
    );
  });

  it('a module that cannot be imported is refused', async () => {
    const notJavaScript = new URL('./model-source.test.d.ts', import.meta.url).pathname.replace(
      '.d.ts',
      '.js.map',
    );
    await assertRefused({ model: notJavaScript }, /model-source\.test\.js\.map cannot be imported: /);
  });

  it('a model of another output or input shape is refused, naming both', async () => {
    await assertRefused(
      { model: fixture('wrong-output') },
      /output of .* has shape \[null, 5\]: it must be \[null, 4\]/,
    );
    const other = makeDataset({ inputShape: [8, 8, 1] });
    await assertRefused(
      { model: () => linear(), dataset: other },
      /input of linear has shape \[null, 4, 4, 1\]: it must be \[null, 8, 8, 1\]/,
    );
  });

  it('a built-in model that the images are too small for is refused', async () => {
    await assertRefused(
      { model: 'lenet' },
      /lenet cannot be made for inputs of \[null, 4, 4, 1\] and 4 classes/,
    );
  });

  it('a model that is not built, or that cannot be trained, is refused', async () => {
    await assertRefused({ model: () => tf.sequential({ name: 'bare' }) }, /bare is not built/);
    const unbuilt = () => tf.sequential({ layers: [tf.layers.dense({ units: 4 })] });
    await assertRefused({ model: unbuilt }, /function that makes it threw: The first layer .* `inputShape`/);
    const frozen = () => {
      const model = linear();
      for (const layer of model.layers) layer.trainable = false;
      return model;
    };
    await assertRefused({ model: frozen }, /none of its weights is trainable/);
  });

  it('a value that is no model is refused', async () => {
    // A mistake that TypeScript would catch, as a user of plain JavaScript may make it.
    const model = (() => ({ weights: [] })) as object as () => tf.LayersModel;
    await assertRefused({ model }, /what the function returned is not a tf\.LayersModel/);
  });

  it('a loss that is no function and no name of one is refused, with what is allowed', async () => {
    await assertRefused(
      { model: fixture('unknown-loss') },
      /loss of .*unknown-loss\.js is "hinge": it must be a function, or one of softmaxCrossEntropy, meanSquaredError$/,
    );
  });

  it('a loss that is not a scalar is refused before training starts', async () => {
    await assertRefused(
      { model: fixture('vector-loss') },
      /loss returned a tensor of shape \[8\]: .* a scalar/,
    );
  });
});

describe('settings of the pool', () => {
  it('a batch larger than a partition is refused, naming the worker', async () => {
    const partitions = makePartitions(dataset, 4);
    partitions[2] = Uint32Array.of(1, 2, 3);
    await assert.rejects(
      withCompute({ dataset, partitions }, async () => {}),
      /batchSize is 8: it must be at most 3, the examples in the partition of worker 2/,
    );
  });

  it('a number of threads below 1 is refused', async () => {
    await assert.rejects(
      withCompute({ threads: 0 }, async () => {}),
      /threads is 0: it must be a whole number from 1/,
    );
  });

  it('an unknown backend or local optimiser is refused, as plain JavaScript may give it', async () => {
    const wrong = { backend: 'webgl', localOptimizer: 'rmsprop' } as object as Partial<ComputeOptions>;
    await assert.rejects(
      withCompute(wrong, async () => {}),
      /backend is "webgl": it must be one of auto, tensorflow, wasm, cpu/,
    );
    await assert.rejects(
      withCompute({ ...wrong, backend: 'wasm' }, async () => {}),
      /localOptimizer is "rmsprop": it must be one of sgd, momentum, adam/,
    );
  });

  it('the backend and the reason for it are told', async () => {
    const told = (backend: NonNullable<ComputeOptions['backend']>) =>
      withCompute({ backend }, async (compute) => `${compute.backend}: ${compute.backendReason}`);
    assert.equal(await told('cpu'), 'cpu: as asked');
    assert.match(await told('auto'), /^(tensorflow: .* loads and trains|wasm: @tensorflow\/tfjs-node .*)$/);
  });
});
