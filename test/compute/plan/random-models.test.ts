import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { parametersOf } from '../../../src/compute/parameters.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { countCorrect } from '../../../src/compute/count-correct.js';
import { crossEntropySum } from '../../../src/compute/cross-entropy.js';
import {
  eighths,
  executorOf,
  predictOnCpu,
  product,
  relative,
  type Training,
  trainByPlan,
  trainByTfjs,
} from './engines.js';

const pair = (largest: number) =>
  fc.tuple(fc.integer({ min: 1, max: largest }), fc.integer({ min: 1, max: largest }));
const padding = fc.constantFrom<'same' | 'valid'>('same', 'valid');
const activation = fc.constantFrom<'linear' | 'relu'>('linear', 'relu');

const convolution = fc.record({
  kind: fc.constant('convolution' as const),
  filters: fc.integer({ min: 1, max: 9 }),
  kernelSize: pair(4),
  strides: pair(3),
  padding,
  activation,
  useBias: fc.boolean(),
  trainable: fc.boolean(),
});
const dilated = fc.record({
  kind: fc.constant('convolution' as const),
  filters: fc.integer({ min: 1, max: 5 }),
  kernelSize: pair(3),
  dilationRate: pair(3),
  padding,
  activation: fc.constant<'relu'>('relu'),
  useBias: fc.constant(true),
});
const pooling = fc.record({
  kind: fc.constant('pooling' as const),
  poolSize: pair(3),
  strides: pair(3),
  padding,
});
const dense = fc.record({
  kind: fc.constant('dense' as const),
  units: fc.integer({ min: 1, max: 20 }),
  activation,
  useBias: fc.boolean(),
});

/** Suited to Winograd's algorithm, from the second on. */
const wide = fc.record({
  kind: fc.constant('convolution' as const),
  filters: fc.constantFrom(8, 12, 16),
  kernelSize: fc.constant<[number, number]>([3, 3]),
  padding,
  activation,
  useBias: fc.boolean(),
  trainable: fc.boolean(),
});

type Image =
  | (typeof convolution extends fc.Arbitrary<infer T> ? T : never)
  | (typeof wide extends fc.Arbitrary<infer T> ? T : never)
  | (typeof dilated extends fc.Arbitrary<infer T> ? T : never)
  | (typeof pooling extends fc.Arbitrary<infer T> ? T : never);
type Flat = typeof dense extends fc.Arbitrary<infer T> ? T : never;

interface Recipe {
  readonly input: [number, number, number];
  readonly batch: number;
  readonly images: readonly Image[];
  readonly flat: readonly Flat[];
  readonly classes: number;
  readonly seed: number;
}

const recipes = (image: fc.Arbitrary<Image>, minLength = 0): fc.Arbitrary<Recipe> =>
  fc.record({
    input: fc.tuple(
      fc.integer({ min: 3, max: 12 }),
      fc.integer({ min: 3, max: 12 }),
      fc.integer({ min: 1, max: 9 }),
    ),
    batch: fc.integer({ min: 1, max: 19 }),
    images: fc.array(image, { minLength, maxLength: 3 }),
    flat: fc.array(dense, { maxLength: 2 }),
    classes: fc.integer({ min: 2, max: 11 }),
    seed: fc.nat({ max: 1e6 }),
  });

function layerOf(layer: Image | Flat): tf.layers.Layer {
  switch (layer.kind) {
    case 'convolution':
      return tf.layers.conv2d(layer);
    case 'pooling':
      return tf.layers.maxPooling2d(layer);
    case 'dense':
      return tf.layers.dense(layer);
  }
}

function modelOf({ input, images, flat, classes }: Recipe): tf.LayersModel {
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: input })] });
  for (const layer of images) model.add(layerOf(layer));
  model.add(tf.layers.flatten());
  for (const layer of flat) model.add(layerOf(layer));
  model.add(tf.layers.dense({ units: classes }));
  return model;
}

/** Whether something is left of the image behind every layer. */
function fits(recipe: Recipe): boolean {
  try {
    const model = modelOf(recipe);
    const sizes = model.layers.map((layer) => product((layer.outputShape as number[]).slice(1)));
    model.dispose();
    return sizes.every((size) => size > 0);
  } catch {
    return false;
  }
}

/**
 * One step. Weights and inputs are multiples of 1/8, so that the first layers' values are exact: no ReLU and no maximum
 * is decided by rounding, and equal maxima are as common as they can be.
 */
function trainingOf(recipe: Recipe): Training {
  const { input, batch, classes, seed } = recipe;
  const createModel = () => modelOf(recipe);
  const model = createModel();
  const { count } = parametersOf(model);
  model.dispose();
  return {
    createModel,
    initial: eighths(count, seed).map((value) => value / 4),
    batchSize: batch + (seed % 10), // planned; the batch may be smaller
    learningRate: 0.125,
    batches: [
      {
        inputs: eighths(batch * product(input), seed + 1),
        labels: Int32Array.from({ length: batch }, (_, i) => (i * 7 + seed) % classes),
      },
    ],
  };
}

/** Changes of the weights. */
function movement(training: Training, weights: Float32Array): Float32Array {
  return weights.map((weight, i) => weight - (training.initial[i] ?? 0));
}

async function assertSameStep(recipe: Recipe, backend: 'cpu' | 'wasm'): Promise<void> {
  const training = trainingOf(recipe);
  const planned = trainByPlan(training);
  const truth = await trainByTfjs(backend, training);
  assert.ok(
    relative(planned.losses, truth.losses) <= 1e-5,
    `losses ${planned.losses[0]}, ${truth.losses[0]}`,
  );
  const apart = relative(planned.weights, truth.weights);
  assert.ok(apart <= 1e-5, `weights are ${apart} apart`);
  const steps = relative(movement(training, planned.weights), movement(training, truth.weights));
  assert.ok(steps <= 1e-3, `steps are ${steps} apart`);
}

describe('a plan of a random small model', () => {
  before(useWasmBackend);

  it('takes the step that the cpu backend takes', async () => {
    const recipe = recipes(fc.oneof(convolution, pooling)).filter(fits);
    await fc.assert(
      fc.asyncProperty(recipe, (each) => assertSameStep(each, 'cpu')),
      { numRuns: 300 },
    );
  });

  it('with several wide filters takes the step that the cpu backend takes', async () => {
    await fc.assert(
      fc.asyncProperty(recipes(fc.oneof(wide, pooling), 2).filter(fits), (each) =>
        assertSameStep(each, 'cpu'),
      ),
      { numRuns: 60 },
    );
  });

  it('with dilated filters takes the step that the wasm backend takes', async () => {
    await fc.assert(
      fc.asyncProperty(recipes(dilated).filter(fits), (each) => assertSameStep(each, 'wasm')),
      { numRuns: 100 },
    );
  });

  it('evaluates as the cpu backend predicts, on batches smaller than planned too', async () => {
    const recipe = recipes(fc.oneof(convolution, pooling)).filter(fits);
    await fc.assert(
      fc.asyncProperty(recipe, fc.integer({ min: 1, max: 19 }), async (each, wanted) => {
        const training = trainingOf(each);
        const executor = executorOf(training);
        trainByPlan(training, executor); // leaves its traces
        const images = Math.min(wanted, executor.capacity);
        const inputs = eighths(images * product(each.input), each.seed + 2);
        const labels = Int32Array.from({ length: images }, (_, i) => (i + each.seed) % each.classes);
        executor.begin(training.initial);
        executor.inputs.set(inputs);
        executor.labels.set(labels);
        const { lossSum, correct } = executor.evaluate(images);
        const outputs = await predictOnCpu(training, inputs);
        const expected = crossEntropySum(outputs, labels, 'logits');
        assert.ok(Math.abs(lossSum - expected) <= 1e-5 * Math.max(1, expected), `${lossSum}, ${expected}`);
        assert.equal(correct, countCorrect(outputs, labels));
      }),
      { numRuns: 100 },
    );
  });
});
