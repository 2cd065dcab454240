import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { localOptimizers } from '../../../src/compute/local-optimizers.js';
import { lossNames } from '../../../src/compute/losses.js';
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

/**
 * Functional models of layers whose values are not exact in float32. Nothing in them jumps, so that rounding cannot
 * decide anything.
 */
const smooth = fc.constantFrom<'tanh' | 'sigmoid'>('tanh', 'sigmoid');
const activation = fc.constantFrom<'linear' | 'tanh' | 'sigmoid'>('linear', 'tanh', 'sigmoid');
const filters = fc.integer({ min: 1, max: 6 });
const pair = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));

const block = fc.oneof(
  fc.record({ kind: fc.constant('convolution' as const), filters, kernelSize: pair, activation }),
  fc.record({
    kind: fc.constant('depthwise' as const),
    kernelSize: pair,
    depthMultiplier: fc.integer({ min: 1, max: 2 }),
    activation,
  }),
  fc.record({
    kind: fc.constant('separable' as const),
    filters,
    kernelSize: pair,
    depthMultiplier: fc.integer({ min: 1, max: 2 }),
    activation,
  }),
  fc.record({ kind: fc.constant('dropout' as const), rate: fc.double({ min: 0.01, max: 0.6, noNaN: true }) }),
  fc.record({
    kind: fc.constant('batchNorm' as const),
    trainable: fc.boolean(),
    center: fc.boolean(),
    scale: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('activation' as const), activation: smooth }),
  fc.record({ kind: fc.constant('average' as const), poolSize: pair, strides: pair }),
  fc.record({
    kind: fc.constant('residual' as const),
    kernelSize: pair,
    normalised: fc.boolean(),
    activation,
  }),
  fc.record({ kind: fc.constant('twice' as const), activation: smooth }),
);
type Block = typeof block extends fc.Arbitrary<infer T> ? T : never;

const recipes = fc.record({
  input: fc.tuple(
    fc.integer({ min: 4, max: 9 }),
    fc.integer({ min: 4, max: 9 }),
    fc.integer({ min: 1, max: 5 }),
  ),
  batch: fc.integer({ min: 2, max: 18 }),
  blocks: fc.array(block, { minLength: 1, maxLength: 5 }),
  // No maximum: rounding would decide where it is. `random-models` has it, on exact values.
  ending: fc.constantFrom<'flat' | 'average'>('flat', 'average'),
  loss: fc.constantFrom(...lossNames),
  optimizer: fc.constantFrom(...localOptimizers),
  seed: fc.nat({ max: 1e6 }),
});
type Recipe = typeof recipes extends fc.Arbitrary<infer T> ? T : never;

const classes = 4;

function modelOf({ input, blocks, ending }: Recipe): tf.LayersModel {
  const image = tf.input({ shape: input });
  let x = apply(tf.layers.conv2d({ filters: 3, kernelSize: 2, padding: 'same' }), image);
  for (const each of blocks) x = applyBlock(each, x);
  if (ending === 'flat') x = apply(tf.layers.flatten(), x);
  else x = apply(tf.layers.globalAveragePooling2d({}), x);
  return tf.model({ inputs: image, outputs: apply(tf.layers.dense({ units: classes }), x) });
}

function applyBlock(each: Block, x: tf.SymbolicTensor): tf.SymbolicTensor {
  const channels = x.shape.at(-1) ?? 1;
  const same = (kernelSize: [number, number]) =>
    tf.layers.conv2d({ filters: channels, kernelSize, padding: 'same' });
  switch (each.kind) {
    case 'convolution':
      return apply(tf.layers.conv2d({ ...each, padding: 'same' }), x);
    case 'depthwise':
      return apply(tf.layers.depthwiseConv2d({ ...each, padding: 'same' }), x);
    case 'separable':
      return apply(tf.layers.separableConv2d({ ...each, padding: 'same' }), x);
    case 'dropout':
      return apply(tf.layers.dropout(each), x);
    case 'batchNorm':
      return apply(tf.layers.batchNormalization({ ...each, momentum: 0.7 }), x);
    case 'activation':
      return apply(tf.layers.activation(each), x);
    case 'average':
      return apply(tf.layers.averagePooling2d(each), x);
    case 'residual': {
      let y = apply(same(each.kernelSize), x);
      if (each.normalised) y = apply(tf.layers.batchNormalization(), y);
      const sum = apply(tf.layers.add(), [x, y, x]);
      return each.activation === 'linear'
        ? sum
        : apply(tf.layers.activation({ activation: each.activation }), sum);
    }
    case 'twice': {
      const y = apply(tf.layers.activation(each), x); // not in place: x is read again
      return apply(tf.layers.add(), [apply(same([2, 1]), x), apply(same([1, 2]), y)]);
    }
  }
}

function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}

function fits(recipe: Recipe): boolean {
  // In front of a normalisation a bias has the gradient 0 but for rounding, which Adam takes for a direction.
  const normalised = recipe.blocks.some((each) => each.kind === 'batchNorm' || 'normalised' in each);
  if (recipe.optimizer === 'adam' && normalised) return false;
  try {
    const model = modelOf(recipe);
    const fine = model.layers.every(({ outputShape }) =>
      (outputShape as number[]).slice(1).every((n) => n > 0),
    );
    model.dispose();
    return fine;
  } catch {
    return false;
  }
}

function trainingOf(recipe: Recipe, steps: number): Training {
  const { input, batch, optimizer, seed } = recipe;
  const createModel = () => modelOf(recipe);
  const model = createModel();
  const { weights } = parametersOf(model);
  model.dispose();
  const parts = weights.map(({ name, shape }, i) => {
    const values = uniform(product(shape), seed + i);
    // Variances are positive; a gamma near 0 would hide what is behind it.
    return /moving_variance|gamma/.test(name)
      ? values.map((value) => 1 + value / 2)
      : values.map((value) => value / 2);
  });
  return {
    createModel,
    initial: Float32Array.from(parts.flatMap((part) => [...part])),
    batchSize: batch,
    learningRate: optimizer === 'adam' ? 1e-3 : 0.05,
    localOptimizer: optimizer,
    loss: recipe.loss,
    batches: Array.from({ length: steps }, (_, step) => ({
      inputs: uniform(batch * product(input), seed + 1000 + step),
      labels: Int32Array.from({ length: batch }, (_, i) => (i * 7 + seed + step) % classes),
    })),
  };
}

describe('a plan of a random model with residuals and batch normalisation', () => {
  before(useWasmBackend);
  const recipe = recipes.filter(fits);

  // The rounding of a first step is amplified by the second, by as much as the network is curved.
  for (const [steps, tolerance, numRuns] of [
    [1, 1e-5, 120],
    [2, 1e-4, 80],
  ] as const) {
    it(`takes the steps that the cpu backend takes, with every optimizer: ${steps}`, async () => {
      await fc.assert(
        fc.asyncProperty(recipe, async (each) => {
          const training = trainingOf(each, steps);
          const planned = trainByPlan(training);
          const truth = await trainByTfjs('cpu', training);
          assert.ok(relative(planned.losses, truth.losses) <= tolerance);
          const apart = relative(planned.weights, truth.weights);
          // Adam divides by the gradient's size: of a gradient that is nearly 0 it takes the rounding for a direction.
          const allowed = each.optimizer === 'adam' ? 1e-3 : tolerance;
          assert.ok(apart <= allowed, `weights are ${apart} apart`);
        }),
        { numRuns },
      );
    });
  }

  it('takes a step to the same bits again, and in another memory', () => {
    fc.assert(
      fc.property(recipe, (each) => {
        const training = trainingOf(each, 2);
        const executor = executorOf(training);
        const once = trainByPlan(training, executor);
        assert.deepEqual(trainByPlan(training, executor), once);
        assert.deepEqual(trainByPlan(training), once);
      }),
      { numRuns: 50 },
    );
  });

  it('evaluates in inference mode as the cpu backend predicts', async () => {
    await fc.assert(
      fc.asyncProperty(recipe, async (each) => {
        const training = trainingOf(each, 1);
        const executor = executorOf(training);
        trainByPlan(training, executor); // leaves its traces
        executor.begin(training.initial);
        const [batch] = training.batches;
        assert.ok(batch);
        executor.inputs.set(batch.inputs);
        executor.labels.set(batch.labels);
        const { lossSum: expected } = await evaluateOnCpu(training, batch);
        const { lossSum } = executor.evaluate(each.batch);
        assert.ok(Math.abs(lossSum - expected) <= 1e-5 * Math.max(1, expected), `${lossSum}, ${expected}`);
      }),
      { numRuns: 50 },
    );
  });
});
