import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import type { CreateModel } from '../../../src/compute/models/definition.js';
import { createModel as lenet } from '../../../src/compute/models/lenet.js';
import { createModel as mlp } from '../../../src/compute/models/mlp.js';
import { createModel as resnet8 } from '../../../src/compute/models/resnet8.js';
import { parametersOf } from '../../../src/compute/parameters.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { seededRandom } from '../../../src/random/seeded-random.js';
import {
  executorOf,
  product,
  relative,
  type Training,
  trainByPlan,
  trainByTfjs,
  uniform,
} from './engines.js';

interface Shipped {
  readonly name: string;
  readonly create: CreateModel;
  readonly inputShape: readonly number[];
  readonly batchSize: number;
}

const shipped: readonly Shipped[] = [
  { name: 'lenet', create: lenet, inputShape: [32, 32, 3], batchSize: 6 },
  { name: 'lenet', create: lenet, inputShape: [28, 28, 1], batchSize: 8 },
  { name: 'resnet8', create: resnet8, inputShape: [9, 8, 3], batchSize: 5 },
  { name: 'mlp', create: mlp, inputShape: [28, 28, 1], batchSize: 20 },
];

const steps = 10;

function trainingOf({ create, inputShape, batchSize }: Shipped): Training {
  const createModel = () => create({ inputShape, classes: 10 });
  return {
    createModel,
    initial: initialWeights(createModel),
    batchSize,
    learningRate: 0.05,
    batches: Array.from({ length: steps }, (_, step) => ({
      inputs: uniform(batchSize * product(inputShape), 100 + step).map((value) => 1.7 * value),
      labels: Int32Array.from({ length: batchSize }, (_, i) => (3 * i + step) % 10),
    })),
  };
}

/** As a run has them: drawn by the layers, from a seed. */
function initialWeights(createModel: () => tf.LayersModel): Float32Array {
  const random = Math.random;
  Math.random = seededRandom(5, 'initial');
  try {
    const model = createModel();
    const parameters = parametersOf(model);
    const initial = new Float32Array(parameters.count);
    parameters.read(initial);
    model.dispose();
    return initial;
  } finally {
    Math.random = random;
  }
}

describe('ten steps by plan, by the wasm backend and by the cpu backend', () => {
  before(useWasmBackend);

  for (const model of shipped) {
    it(`give ${model.name} on ${model.inputShape.join('×')} the same weights to 1e-5`, async () => {
      const training = trainingOf(model);
      const truth = await trainByTfjs('cpu', training);
      const dropIn = await trainByTfjs('wasm', training);
      const planned = trainByPlan(training);
      const moved = relative(training.initial, truth.weights);
      assert.ok(moved > 1e-3, `the weights have moved by ${moved} only`);
      for (const [name, { weights, losses }] of Object.entries({ planned, dropIn })) {
        const apart = relative(weights, truth.weights);
        assert.ok(apart <= 1e-5, `${name}: weights are ${apart} apart`);
        assert.ok(relative(losses, truth.losses) <= 1e-5, `${name}: losses are ${String(losses)}`);
      }
    });

    it(`give ${model.name} on ${model.inputShape.join('×')} the same bits again, and in another memory`, () => {
      const training = trainingOf(model);
      const executor = executorOf(training);
      const once = trainByPlan(training, executor);
      assert.deepEqual(trainByPlan(training, executor), once);
      assert.deepEqual(trainByPlan(training), once);
    });
  }
});
