/** One training step of a built-in model, by TensorFlow.js on whichever backend is chosen, and by a plan. */
import * as tf from '@tensorflow/tfjs';
import type { CreateModel } from '../../src/compute/models/definition.js';
import { models, type ModelName } from '../../src/compute/models/registry.js';
import { createObjective } from '../../src/compute/objective.js';
import { parametersOf } from '../../src/compute/parameters.js';
import { createPlanExecutor } from '../../src/compute/plan/plan-executor.js';
import { planModel } from '../../src/compute/plan/plan-model.js';

export const BATCH = 32;
const LEARNING_RATE = 0.1;
const classes = 10;
const inputShape = [32, 32, 3];

export interface Step {
  run(): void;
  dispose(): void;
}

async function create(name: ModelName): Promise<ReturnType<CreateModel>> {
  const { createModel } = await models[name].load();
  return createModel({ inputShape, classes });
}

const labels = Int32Array.from({ length: BATCH }, (_, i) => i % classes);

function randomImages(): tf.Tensor {
  return tf.randomNormal([BATCH, ...inputShape], 0, 1, 'float32', 1);
}

export async function tfjsStep(name: ModelName): Promise<Step> {
  const model = await create(name);
  const optimizer = tf.train.sgd(LEARNING_RATE);
  const objective = createObjective(model, null);
  const { trainable } = parametersOf(model);
  const images = randomImages();
  const forward = () => objective.total(model.apply(images, { training: true }) as tf.Tensor2D, labels);
  return {
    run: () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(forward, [...trainable]);
        optimizer.applyGradients(grads);
        value.dataSync();
      }),
    dispose: () => {
      images.dispose();
      model.dispose();
      optimizer.dispose();
    },
  };
}

export async function planStep(name: ModelName): Promise<Step> {
  const model = await create(name);
  const parameters = parametersOf(model);
  const plan = planModel({
    topology: model.toJSON(null, false),
    weights: parameters.weights,
    inputShape,
    classes,
    batchSize: BATCH,
    learningRate: LEARNING_RATE,
    localOptimizer: 'sgd',
  });
  if ('refusal' in plan) throw new Error(plan.refusal);
  const executor = createPlanExecutor(plan);
  if (executor === null) throw new Error('there is not enough memory for the plan');
  const initial = new Float32Array(parameters.count);
  parameters.read(initial);
  executor.begin(initial);
  const images = randomImages();
  executor.inputs.set(images.dataSync<'float32'>());
  executor.labels.set(labels);
  images.dispose();
  model.dispose();
  return { run: () => void executor.step(BATCH), dispose: () => {} };
}
