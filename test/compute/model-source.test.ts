import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { ComputeOptions } from '../../src/compute/compute-pool.js';
import { StalewartError } from '../../src/errors.js';
import { fixture, makeDataset, makePartitions, never, withCompute } from './fixtures/data.js';

const dataset = makeDataset();

/** Writes modules into a folder of their own, for as long as `use` takes; it finds their paths by their names. */
async function withModules(
  modules: Readonly<Record<string, string>>,
  use: (path: (name: string) => string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'stalewart-models-'));
  try {
    for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, name), text);
    await use((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function assertRefused(
  options: Partial<ComputeOptions>,
  message: RegExp | ((message: string) => void),
): Promise<void> {
  await assert.rejects(
    withCompute(options, async () => {}),
    (error: unknown) => {
      assert.ok(error instanceof StalewartError, String(error));
      if (typeof message === 'function') message(error.message);
      else assert.match(error.message, message);
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

  it('a folder is refused, with what is allowed', async () => {
    await assertRefused(
      { model: tmpdir() },
      /": it is a folder; it must be lenet, mlp, resnet8, or the path of a module/,
    );
  });

  it('a module may be handed TensorFlow.js for its loss, too', async () => {
    const text = `
      export const createModel = ({ inputShape, classes, tf }) =>
        tf.sequential({ layers: [tf.layers.flatten({ inputShape }), tf.layers.dense({ units: classes })] });
      export const loss = (labels, outputs, tf) =>
        tf.losses.softmaxCrossEntropy(tf.oneHot(labels, outputs.shape[1]), outputs);`;
    await withModules({ 'no-import.mjs': text }, async (path) => {
      await withCompute({ model: path('no-import.mjs') }, async ({ model }) => {
        assert.equal(model.engineReason, 'no plan: the model has a loss of its own');
      });
    });
  });

  it('a module that throws or cannot be parsed is refused, with file and line', async () => {
    const modules = {
      'throws.mjs': "// a model\n\nthrow new Error('boom at import');\n",
      'imports.mjs': "import './throws.mjs';\n",
      'syntax.mjs': 'export const a = 1;\nexport const b = ;\n',
      'names.mjs': "// a model\nimport { absent } from './good.mjs';\n",
      'good.mjs': 'export const present = 1;\n',
      'script.cjs': 'const a = ;\n',
      'text.mjs': "throw 'no error';\n",
    };
    await withModules(modules, async (path) => {
      const cases = [
        ['throws.mjs', 'boom at import (throws.mjs:3)'],
        ['imports.mjs', 'boom at import (throws.mjs:3)'],
        ['syntax.mjs', "Unexpected token ';' (syntax.mjs:2)"],
        [
          'names.mjs',
          "The requested module './good.mjs' does not provide an export named 'absent' (names.mjs:2)",
        ],
        ['script.cjs', "Unexpected token ';' (script.cjs:1)"],
        ['text.mjs', 'no error'],
      ] as const;
      for (const [file, problem] of cases) {
        await assertRefused({ model: path(file) }, (message) => {
          const shown = message.replace(/\([^()]*[/\\]([^/\\]+)\)$/, '($1)');
          assert.equal(shown, `model: ${path(file)} cannot be imported: ${problem}`);
        });
      }
    });
  });

  it('a module that ends its thread while it is loaded is refused, by name', async () => {
    const modules = {
      'import.mjs': 'process.exit(0);',
      'create.mjs': 'export const createModel = () => process.exit(3);',
      'callback.mjs': "setImmediate(() => { throw new Error('boom'); });\nawait new Promise(() => {});",
    };
    await withModules(modules, async (path) => {
      const cases = [
        ['import.mjs', 'exited with code 0: a model must not call process.exit'],
        ['create.mjs', 'exited with code 3: a model must not call process.exit'],
        ['callback.mjs', 'ended: boom'],
      ] as const;
      for (const [file, how] of cases) {
        await assertRefused({ model: path(file) }, (message) =>
          assert.equal(message, `model: while ${path(file)} was loaded, a compute thread ${how}`),
        );
      }
    });
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

  it('a model with a layer of which nothing is left is refused, naming the layer', async () => {
    const { conv2d, maxPooling2d, flatten, dense, globalAveragePooling2d } = tf.layers;
    const ending = (x: unknown) =>
      dense({ units: 4 }).apply(
        globalAveragePooling2d({}).apply(x as tf.SymbolicTensor),
      ) as tf.SymbolicTensor;
    const functional = (layer: tf.layers.Layer) => () => {
      const input = tf.input({ shape: [4, 4, 1] });
      return tf.model({ inputs: input, outputs: ending(layer.apply(input)) });
    };
    const cases: readonly (readonly [() => tf.LayersModel, RegExp])[] = [
      [
        functional(conv2d({ filters: 2, kernelSize: 5, name: 'wide' })),
        /^model: the output of layer wide \(Conv2D\) has shape \[null, 0, 0, 2\]: every side must be at least 1$/,
      ],
      [
        functional(maxPooling2d({ poolSize: [5, 1], strides: [1, 1], name: 'high' })),
        /^model: the output of layer high \(MaxPooling2D\) has shape \[null, 0, 4, 1\]: every side must be at least 1$/,
      ],
      [
        () => {
          const layer = conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 5, name: 'inner' });
          return tf.sequential({
            layers: [tf.sequential({ layers: [layer] }), globalAveragePooling2d({}), dense({ units: 4 })],
          });
        },
        /the output of layer inner \(Conv2D\) has shape \[null, 0, 0, 2\]/,
      ],
      [
        () =>
          tf.sequential({
            layers: [
              flatten({ inputShape: [4, 4, 1] }),
              dense({ units: 0, name: 'none', kernelInitializer: 'zeros' }),
              dense({ units: 4, kernelInitializer: 'zeros' }),
            ],
          }),
        /units|none/,
      ],
    ];
    for (const [model, message] of cases) await assertRefused({ model }, message);
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
