/** One training step of a model of the bench, by TensorFlow.js on whichever backend is chosen, and by a plan. */
import * as tf from '@tensorflow/tfjs';
import { createObjective } from '../../src/compute/objective.js';
import { parametersOf } from '../../src/compute/parameters.js';
import { createPlanExecutor } from '../../src/compute/plan/plan-executor.js';
import { planModel } from '../../src/compute/plan/plan-model.js';
import { type BenchModel, classes } from './models.js';

export const BATCH = 32;
const LEARNING_RATE = 0.1;

export interface Step {
  run(): void;
  dispose(): void;
}

const labels = Int32Array.from({ length: BATCH }, (_, i) => i % classes);

function randomImages(inputShape: readonly number[]): tf.Tensor {
  return tf.randomNormal([BATCH, ...inputShape], 0, 1, 'float32', 1);
}

export function tfjsStep({ createModel, inputShape }: BenchModel): Step {
  const model = createModel({ inputShape, classes });
  const optimizer = tf.train.sgd(LEARNING_RATE);
  const objective = createObjective(model, null);
  const { trainable } = parametersOf(model);
  const images = randomImages(inputShape);
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

/** @throws Error with the planner's reason if there is no plan */
export function planStep({ createModel, inputShape }: BenchModel): Step {
  const model = createModel({ inputShape, classes });
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
  const images = randomImages(inputShape);
  executor.inputs.set(images.dataSync<'float32'>());
  executor.labels.set(labels);
  images.dispose();
  model.dispose();
  return { run: () => void executor.step(BATCH), dispose: () => {} };
}
