import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { lossNames } from '../../../src/compute/losses.js';
import { parametersOf } from '../../../src/compute/parameters.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import {
  eighths,
  evaluateOnCpu,
  executorOf,
  product,
  relative,
  type Training,
  trainByPlan,
  trainByTfjs,
} from './engines.js';

const upTo = (largest: number) => fc.integer({ min: 1, max: largest });
const pair = (largest: number) => fc.tuple(upTo(largest), upTo(largest));
const padding = fc.constantFrom<'same' | 'valid'>('same', 'valid');
const activation = fc.constantFrom<'linear' | 'relu'>('linear', 'relu');

/** Of every convolution. */
const filtering = <Kind extends string>(kind: Kind) => ({
  kind: fc.constant(kind),
  padding,
  activation,
  useBias: fc.boolean(),
  trainable: fc.boolean(),
});
const dilatedFiltering = <Kind extends string>(kind: Kind) => ({
  kind: fc.constant(kind),
  filters: upTo(5),
  kernelSize: pair(3),
  dilationRate: pair(3),
  padding,
  useBias: fc.constant(true),
});
const convolution = fc.record({
  ...filtering('convolution'),
  filters: upTo(9),
  kernelSize: pair(4),
  strides: pair(3),
});
const dilated = fc.record({
  ...dilatedFiltering('convolution'),
  activation,
  useBias: fc.boolean(),
});
const depthwise = fc.record({
  ...filtering('depthwise'),
  kernelSize: pair(4),
  strides: pair(3),
  depthMultiplier: upTo(3),
});
const separable = fc.record({
  ...filtering('separable'),
  filters: upTo(9),
  kernelSize: pair(3),
  strides: pair(2),
  depthMultiplier: upTo(2),
});
const dilatedSeparable = fc.record({
  ...dilatedFiltering('separable'),
  activation,
  depthMultiplier: upTo(2),
});
/** Of these rates the factors are exact. */
const dropout = fc.record({
  kind: fc.constant('dropout' as const),
  rate: fc.constantFrom(0, 0.5, 0.75, 1),
  seed: fc.constantFrom(undefined, 0, 4),
});
const pooling = fc.record({
  kind: fc.constant('pooling' as const),
  poolSize: pair(3),
  strides: pair(3),
  padding,
});
const dense = fc.record({
  kind: fc.constant('dense' as const),
  units: upTo(20),
  activation,
  useBias: fc.boolean(),
});

/** Suited to Winograd's algorithm, from the second on. */
const wide = fc.record({
  ...filtering('convolution'),
  filters: fc.constantFrom(8, 12, 16),
  kernelSize: fc.constant<[number, number]>([3, 3]),
});

const images = fc.oneof(convolution, depthwise, separable, pooling, dropout);
const dilatedImages = fc.oneof(dilated, dilatedSeparable);
const flats = fc.oneof(dense, dropout);

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Image = Drawn<typeof images> | Drawn<typeof wide> | Drawn<typeof dilatedImages>;
type Flat = Drawn<typeof flats>;

interface Recipe {
  readonly input: [number, number, number];
  readonly batch: number;
  readonly images: readonly Image[];
  readonly gathered: 'flat' | 'maximum';
  readonly flat: readonly Flat[];
  readonly ending: 'logits' | 'softmax' | 'softmax layer' | 'softmax activation';
  readonly loss: (typeof lossNames)[number];
  readonly classes: number;
  readonly seed: number;
}

const recipes = (image: fc.Arbitrary<Image>, minLength = 0): fc.Arbitrary<Recipe> =>
  fc.record({
    input: fc.tuple(fc.integer({ min: 3, max: 12 }), fc.integer({ min: 3, max: 12 }), upTo(9)),
    batch: upTo(19),
    images: fc.array(image, { minLength, maxLength: 3 }),
    gathered: fc.constantFrom('flat', 'maximum'),
    flat: fc.array(flats, { maxLength: 2 }),
    ending: fc.constantFrom('logits', 'softmax', 'softmax layer', 'softmax activation'),
    loss: fc.constantFrom(...lossNames),
    classes: fc.integer({ min: 2, max: 11 }),
    seed: fc.nat({ max: 1e6 }),
  });

function layerOf(layer: Image | Flat): tf.layers.Layer {
  switch (layer.kind) {
    case 'convolution':
      return tf.layers.conv2d(layer);
    case 'depthwise':
      return tf.layers.depthwiseConv2d(layer);
    case 'separable':
      return tf.layers.separableConv2d(layer);
    case 'dropout': {
      const { rate, seed } = layer;
      return tf.layers.dropout(seed === undefined ? { rate } : { rate, seed });
    }
    case 'pooling':
      return tf.layers.maxPooling2d(layer);
    case 'dense':
      return tf.layers.dense(layer);
  }
}

function modelOf({ input, images, gathered, flat, classes, ending }: Recipe): tf.LayersModel {
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: input })] });
  for (const layer of images) model.add(layerOf(layer));
  model.add(gathered === 'flat' ? tf.layers.flatten() : tf.layers.globalMaxPooling2d({}));
  for (const layer of flat) model.add(layerOf(layer));
  model.add(tf.layers.dense({ units: classes, activation: ending === 'softmax' ? 'softmax' : 'linear' }));
  if (ending === 'softmax layer') model.add(tf.layers.softmax());
  if (ending === 'softmax activation') model.add(tf.layers.activation({ activation: 'softmax' }));
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
    loss: recipe.loss,
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
  const [loss = Number.NaN] = truth.losses;
  // A float32 probability near 1 has few digits left of a small loss, and of its gradient.
  const scale = recipe.ending === 'logits' ? Math.abs(loss) : Math.max(1, loss);
  assert.ok(
    Math.abs((planned.losses[0] ?? Number.NaN) - loss) <= 1e-5 * scale,
    `losses ${planned.losses[0]}, ${loss}`,
  );
  const apart = relative(planned.weights, truth.weights);
  assert.ok(apart <= 1e-5, `weights are ${apart} apart`);
  if (recipe.ending !== 'logits' && loss < 0.01) return;
  const steps = relative(movement(training, planned.weights), movement(training, truth.weights));
  assert.ok(steps <= 1e-3, `steps are ${steps} apart`);
}

describe('a plan of a random small model', () => {
  before(useWasmBackend);

  it('takes the step that the cpu backend takes', async () => {
    const recipe = recipes(images).filter(fits);
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
      fc.asyncProperty(recipes(dilatedImages).filter(fits), (each) => assertSameStep(each, 'wasm')),
      { numRuns: 100 },
    );
  });

  it('evaluates as the cpu backend predicts, on batches smaller than planned too', async () => {
    const recipe = recipes(images).filter(fits);
    await fc.assert(
      fc.asyncProperty(recipe, upTo(19), async (each, wanted) => {
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
        const truth = await evaluateOnCpu(training, { inputs, labels });
        const expected = truth.lossSum;
        assert.ok(Math.abs(lossSum - expected) <= 1e-5 * Math.max(1, expected), `${lossSum}, ${expected}`);
        assert.equal(correct, truth.correct);
      }),
      { numRuns: 100 },
    );
  });
});
