/** The same steps of the same model by a plan, and by TensorFlow.js on one of its backends. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { countCorrect } from '../../../src/compute/count-correct.js';
import type { LocalOptimizer } from '../../../src/compute/local-optimizers.js';
import type { LossName } from '../../../src/compute/losses.js';
import { createObjective } from '../../../src/compute/objective.js';
import { parametersOf } from '../../../src/compute/parameters.js';
import { createPlanExecutor, type PlanExecutor } from '../../../src/compute/plan/plan-executor.js';
import { type Plan, planModel, type Refusal } from '../../../src/compute/plan/plan-model.js';
import { useCpuBackend, useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { seededRandom } from '../../../src/random/seeded-random.js';

/** What is to be trained, on what. */
export interface Training {
  readonly createModel: () => tf.LayersModel;
  /** All weights at the start. */
  readonly initial: Float32Array;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly localOptimizer?: LocalOptimizer;
  readonly loss?: LossName;
  /** One for each step. */
  readonly batches: readonly Batch[];
}

export interface Batch {
  /** Examples one after the other, NHWC. */
  readonly inputs: Float32Array;
  readonly labels: Int32Array;
}

export interface Trained {
  readonly weights: Float32Array;
  readonly losses: readonly number[];
}

/** The model's plan, or why it has none. */
export function planOf(
  model: tf.LayersModel,
  training: Pick<Training, 'batchSize' | 'learningRate' | 'localOptimizer' | 'loss'>,
): Plan | Refusal {
  const { batchSize, learningRate, localOptimizer = 'sgd', loss = 'softmaxCrossEntropy' } = training;
  return planModel({
    topology: model.toJSON(null, false),
    weights: parametersOf(model).weights,
    inputShape: shapeOf(model.inputs),
    classes: shapeOf(model.outputs)[0] ?? 0,
    batchSize,
    learningRate,
    localOptimizer,
    loss,
  });
}

export function executorOf(training: Training): PlanExecutor {
  const model = training.createModel();
  const plan = planOf(model, training);
  model.dispose();
  assert.ok(!('refusal' in plan), 'refusal' in plan ? plan.refusal : '');
  const executor = createPlanExecutor(plan);
  assert.ok(executor);
  return executor;
}

export function trainByPlan(training: Training, executor = executorOf(training)): Trained {
  executor.begin(training.initial);
  const losses = training.batches.map(({ inputs, labels }, step) => {
    executor.inputs.set(inputs);
    executor.labels.set(labels);
    return withChanceOf(step, () => executor.step(labels.length));
  });
  return { weights: executor.parameters.slice(), losses };
}

export async function trainByTfjs(backend: 'wasm' | 'cpu', training: Training): Promise<Trained> {
  await (backend === 'cpu' ? useCpuBackend() : useWasmBackend());
  const model = training.createModel();
  const parameters = parametersOf(model);
  const optimizer = createOptimizer(training);
  const shape = shapeOf(model.inputs);
  parameters.write(training.initial);
  const objective = createObjective(model, training.loss ?? null);
  const losses = training.batches.map(({ inputs, labels }, step) =>
    tf.tidy(() => {
      const batch = tf.tensor(inputs, [labels.length, ...shape]);
      const forward = () =>
        withChanceOf(step, () =>
          objective.total(model.apply(batch, { training: true }) as tf.Tensor2D, labels),
        );
      const { value, grads } = tf.variableGrads(forward, [...parameters.trainable]);
      optimizer.applyGradients(grads);
      return value.dataSync<'float32'>()[0] ?? Number.NaN;
    }),
  );
  const weights = new Float32Array(parameters.count);
  parameters.read(weights);
  model.dispose();
  optimizer.dispose();
  return { weights, losses };
}

function createOptimizer({ localOptimizer = 'sgd', learningRate }: Training): tf.Optimizer {
  switch (localOptimizer) {
    case 'sgd':
      return tf.train.sgd(learningRate);
    case 'momentum':
      return tf.train.momentum(learningRate, 0.9);
    case 'adam':
      return tf.train.adam(learningRate);
  }
}

/** As in a compute thread: the same stream of random numbers for the same step, whatever draws them. */
function withChanceOf<T>(step: number, take: () => T): T {
  const random = Math.random;
  Math.random = seededRandom(3, 'step', step);
  try {
    return take();
  } finally {
    Math.random = random;
  }
}

/** Sums over the batch, of the model in inference mode. */
export async function evaluateOnCpu(
  training: Training,
  { inputs, labels }: Batch,
): Promise<{ lossSum: number; correct: number }> {
  await useCpuBackend();
  const model = training.createModel();
  const shape = shapeOf(model.inputs);
  parametersOf(model).write(training.initial);
  const objective = createObjective(model, training.loss ?? null);
  const sums = tf.tidy(() => {
    const batch = tf.tensor(inputs, [labels.length, ...shape]);
    const outputs = model.apply(batch, { training: false }) as tf.Tensor2D;
    const mean = objective.total(outputs, labels).dataSync<'float32'>()[0] ?? Number.NaN;
    return {
      lossSum: mean * labels.length,
      correct: countCorrect(outputs.dataSync<'float32'>(), labels),
    };
  });
  model.dispose();
  return sums;
}

/** Shape of one example of a model's one input or output. */
export function shapeOf(tensors: readonly tf.SymbolicTensor[]): number[] {
  return (tensors[0]?.shape ?? []).slice(1).map((side) => side ?? 1);
}

export function product(shape: readonly number[]): number {
  return shape.reduce((all, side) => all * side, 1);
}

/** Numbers from −1 to 1. */
export function uniform(count: number, seed: number): Float32Array {
  const random = seededRandom(seed, 'uniform');
  return Float32Array.from({ length: count }, () => 2 * random() - 1);
}

/** Multiples of 1/8 from −1 to 1: sums of a few thousand products of two are exact in float32, in whatever order. */
export function eighths(count: number, seed: number): Float32Array {
  return uniform(count, seed).map((value) => Math.round(value * 8) / 8);
}

/** max |a − b| / max |b|; NaN where either has one. */
export function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN)));
    largest = Math.max(largest, Math.abs(expected[i] ?? Number.NaN));
  }
  return difference === 0 ? 0 : difference / largest;
}
