import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { attemptExamples } from '../../src/compute/batches.js';
import type { LocalUpdate } from '../../src/compute/compute.js';
import { createGatherer } from '../../src/compute/gather.js';
import type { LocalOptimizer } from '../../src/compute/local-optimizers.js';
import { createLocalSgd, type LocalSgd } from '../../src/compute/local-sgd.js';
import { createObjective } from '../../src/compute/objective.js';
import { parametersOf } from '../../src/compute/parameters.js';
import { seededRandom } from '../../src/random/seeded-random.js';
import { makeDataset, makePartitions } from './fixtures/data.js';
import { createModel } from './fixtures/faulty-model.js';
import { linearStep } from './fixtures/linear-model.js';

const dataset = makeDataset();
const partitions = makePartitions(dataset, 3);
const [learningRate, batchSize, seed] = [0.5, 4, 11];
const random = Math.random;

/** In this thread, on the cpu backend, with a linear model. */
function localSgd(localOptimizer: LocalOptimizer): { sgd: LocalSgd; initial: Float32Array } {
  const model = createModel(dataset);
  const parameters = parametersOf(model);
  const draw = seededRandom(seed, 'initial');
  const initial = Float32Array.from({ length: parameters.count }, () => draw() - 0.5);
  const gatherer = createGatherer(dataset);
  const objective = createObjective(model, null);
  const fixed = { dataset, partitions, learningRate, batchSize, seed, localOptimizer, untrained: [] };
  return { sgd: createLocalSgd({ ...fixed, model, parameters, objective, gatherer }), initial };
}

function run(optimizer: LocalOptimizer, localSteps: number): LocalUpdate & { initial: Float32Array } {
  const { sgd, initial } = localSgd(optimizer);
  const update = sgd.run({ worker: 0, attempt: 2, parameters: initial, localSteps }, () => false);
  assert.ok(update);
  return { ...update, initial };
}

describe('local steps', () => {
  before(async () => {
    tf.enableProdMode();
    await tf.setBackend('cpu');
  });
  afterEach(() => {
    Math.random = random;
  });

  it('are those of eq. 2: checked against a linear model worked out by hand', () => {
    const localSteps = 3;
    const update = run('sgd', localSteps);
    const assignment = { seed, worker: 0, attempt: 2, localSteps, batchSize };
    const examples = attemptExamples(partitions[0] ?? new Uint32Array(), assignment);
    const weights = Float64Array.from(update.initial);
    const losses = Array.from({ length: localSteps }, (_, u) =>
      linearStep(weights, dataset, examples.subarray(u * batchSize, (u + 1) * batchSize), learningRate),
    );
    assert.deepEqual([update.samples, update.steps], [localSteps * batchSize, localSteps]);
    assertClose(update.firstLoss, losses[0] ?? 0);
    assertClose(update.loss, losses.reduce((sum, loss) => sum + loss, 0) / localSteps);
    for (const [i, delta] of update.delta.entries()) {
      assertClose(delta, (weights[i] ?? 0) - (update.initial[i] ?? 0));
    }
  });

  it('with momentum begin as SGD and then go further', () => {
    const length = (steps: number, optimizer: LocalOptimizer) => Math.hypot(...run(optimizer, steps).delta);
    assertClose(length(1, 'momentum'), length(1, 'sgd'));
    assert.ok(length(3, 'momentum') > 1.2 * length(3, 'sgd'));
  });

  it('with Adam begin with a step of the learning rate in every weight', () => {
    for (const delta of run('adam', 1).delta) assert.ok(Math.abs(Math.abs(delta) - learningRate) < 1e-3);
  });

  it('end where they are told to, and give nothing then', () => {
    const { sgd, initial } = localSgd('sgd');
    let asked = 0;
    const task = { worker: 0, attempt: 1, parameters: initial, localSteps: 5 };
    assert.equal(
      sgd.run(task, () => ++asked > 2),
      null,
    );
    assert.equal(asked, 3);
  });

  it('leave no tensor behind', () => {
    const { sgd, initial } = localSgd('adam');
    const task = { worker: 0, attempt: 1, parameters: initial, localSteps: 2 };
    const before = tf.memory().numTensors;
    sgd.probe();
    sgd.run(task, () => false);
    sgd.run(task, () => true);
    assert.equal(tf.memory().numTensors, before);
  });

  it('without a partition are refused', () => {
    const { sgd, initial } = localSgd('sgd');
    const task = { worker: 3, attempt: 1, parameters: initial, localSteps: 1 };
    assert.throws(() => sgd.run(task, () => false), /no partition for worker 3/);
  });
});

function assertClose(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected)),
    `${actual}, not ${expected}`,
  );
}
