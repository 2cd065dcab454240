/** The steps of the local update by TensorFlow.js: w ← w − η · ∇(mean loss of a batch), or an optimiser's step. */
import * as tf from '@tensorflow/tfjs';
import type { LocalTask, LocalUpdate } from './compute.js';
import type { LocalOptimizer } from './local-optimizers.js';
import { type LocalTaskOptions, runLocalTask, type Stepper, stepOnFirstExamples } from './local-task.js';
import type { Objective } from './objective.js';
import type { Parameters } from './parameters.js';

export interface LocalSgdOptions extends LocalTaskOptions {
  readonly model: tf.LayersModel;
  readonly parameters: Parameters;
  readonly objective: Objective;
  readonly learningRate: number;
  readonly localOptimizer: LocalOptimizer;
}

export interface LocalSgd {
  /** @returns null if `cancelled` said so before a step */
  run(task: LocalTask, cancelled: () => boolean): LocalUpdate | null;
  /**
   * One step on the first training examples: compiles what has to be compiled, and shows whether the model trains.
   * @returns the loss before it
   */
  probe(): number;
}

export function createLocalSgd(options: LocalSgdOptions): LocalSgd {
  const { model, parameters, objective, dataset, gatherer, batchSize } = options;
  const inputs = new Float32Array(batchSize * gatherer.exampleSize);
  const labels = new Int32Array(batchSize);
  const shape = [batchSize, ...dataset.inputShape];
  const trainable = [...parameters.trainable];
  let optimizer: tf.Optimizer | null = null;

  function makeOptimizer(): tf.Optimizer {
    return (optimizer = createOptimizer(options.localOptimizer, options.learningRate));
  }

  const stepper: Stepper = {
    inputs,
    labels,
    begin(received) {
      parameters.write(received);
      makeOptimizer();
    },
    step: () =>
      tf.tidy(() => {
        const batch = tf.tensor(inputs, shape, 'float32');
        const forward = () => objective.total(model.apply(batch, { training: true }) as tf.Tensor2D, labels);
        const { value, grads } = tf.variableGrads(forward, trainable);
        (optimizer ?? makeOptimizer()).applyGradients(grads);
        return value.dataSync<'float32'>()[0] ?? Number.NaN;
      }),
    read: (to) => parameters.read(to),
    end() {
      optimizer?.dispose();
      optimizer = null;
    },
  };

  return {
    run: (task, cancelled) => runLocalTask(stepper, options, task, cancelled),
    probe() {
      makeOptimizer();
      try {
        return stepOnFirstExamples(stepper, options);
      } finally {
        stepper.end();
      }
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
