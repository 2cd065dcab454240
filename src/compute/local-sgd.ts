/**
 * The local update (eq. 2 of arXiv 2301.08895): from the received weights, U steps w ← w − η · ∇(mean loss of a batch),
 * batches drawn without replacement from the worker's partition. What goes back is final − received weights. The
 * outcome depends on worker, attempt and received weights alone: weights, optimiser state and random streams are set
 * afresh, so neither the thread nor what it did before leaves a trace.
 */
import * as tf from '@tensorflow/tfjs';
import type { Dataset, Partitions } from '../data/dataset.js';
import { attemptExamples } from './batches.js';
import type { LocalTask, LocalUpdate } from './compute.js';
import type { Gatherer } from './gather.js';
import type { LocalOptimizer } from './local-optimizers.js';
import type { Objective } from './objective.js';
import type { Parameters } from './parameters.js';
import { seedThisThread } from './seeded-randomness.js';

export interface LocalSgdOptions {
  readonly model: tf.LayersModel;
  readonly parameters: Parameters;
  readonly objective: Objective;
  readonly dataset: Dataset;
  readonly gatherer: Gatherer;
  readonly partitions: Partitions;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly localOptimizer: LocalOptimizer;
  readonly seed: number;
}

export interface LocalSgd {
  /** @returns null if `cancelled` said so before a step */
  run(task: LocalTask, cancelled: () => boolean): LocalUpdate | null;
  /** One step on the first training examples: compiles what has to be compiled, and shows whether the model trains. */
  probe(): void;
}

export function createLocalSgd(options: LocalSgdOptions): LocalSgd {
  const { model, parameters, objective, dataset, gatherer, batchSize, seed } = options;
  const inputs = new Float32Array(batchSize * gatherer.exampleSize);
  const labels = new Int32Array(batchSize);
  const shape = [batchSize, ...dataset.inputShape];
  const trainable = [...parameters.trainable];

  /** @returns the batch's loss before the step */
  function step(optimizer: tf.Optimizer, examples: Uint32Array): number {
    gatherer.gather(dataset.train, examples, inputs, labels);
    return tf.tidy(() => {
      const batch = tf.tensor(inputs, shape, 'float32');
      const forward = () => objective.total(model.apply(batch, { training: true }) as tf.Tensor2D, labels);
      const { value, grads } = tf.variableGrads(forward, trainable);
      optimizer.applyGradients(grads);
      return value.dataSync<'float32'>()[0] ?? Number.NaN;
    });
  }

  function withOptimizer<T>(use: (optimizer: tf.Optimizer) => T): T {
    const optimizer = createOptimizer(options.localOptimizer, options.learningRate);
    try {
      return use(optimizer);
    } finally {
      optimizer.dispose();
    }
  }

  return {
    run(task, cancelled) {
      const started = performance.now();
      const { worker, attempt, localSteps } = task;
      const partition = options.partitions[worker];
      if (partition === undefined) throw new RangeError(`there is no partition for worker ${worker}`);
      const examples = attemptExamples(partition, { seed, worker, attempt, localSteps, batchSize });
      parameters.write(task.parameters);
      const losses = withOptimizer((optimizer) => {
        const taken: number[] = [];
        for (let u = 0; u < localSteps && !cancelled(); u++) {
          seedThisThread(seed, 'step', worker, attempt, u);
          taken.push(step(optimizer, examples.subarray(u * batchSize, (u + 1) * batchSize)));
        }
        return taken;
      });
      if (losses.length < localSteps) return null;
      return {
        delta: difference(parameters, task.parameters),
        steps: localSteps,
        samples: localSteps * batchSize,
        loss: losses.reduce((sum, loss) => sum + loss, 0) / localSteps,
        firstLoss: losses[0] ?? Number.NaN,
        computeSeconds: (performance.now() - started) / 1000,
      };
    },
    probe() {
      seedThisThread(seed, 'probe');
      const first = Uint32Array.from({ length: batchSize }, (_, i) => i % dataset.train.size);
      withOptimizer((optimizer) => step(optimizer, first));
    },
  };
}

function createOptimizer(kind: LocalOptimizer, learningRate: number): tf.Optimizer {
  switch (kind) {
    case 'sgd':
      return tf.train.sgd(learningRate);
    case 'momentum':
      return tf.train.momentum(learningRate, 0.9);
    case 'adam':
      return tf.train.adam(learningRate);
  }
}

function difference(parameters: Parameters, received: Float32Array): Float32Array {
  const delta = new Float32Array(parameters.count);
  parameters.read(delta);
  for (let i = 0; i < delta.length; i++) delta[i] = (delta[i] ?? 0) - (received[i] ?? 0);
  return delta;
}
