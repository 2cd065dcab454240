/**
 * Accuracy and loss on test examples. A part is one job of the pool: it waits its turn among the training tasks, so an
 * evaluation delays each of them by no more than a part. Parts and the batches within them are cut the same way
 * whatever the number of threads, and summed in order, so the result is too.
 */
import * as tf from '@tensorflow/tfjs';
import type { Dataset } from '../data/dataset.js';
import { countCorrect } from './count-correct.js';
import { evaluationBatch } from './evaluation-batch.js';
import type { Gatherer } from './gather.js';
import type { Objective } from './objective.js';

/** Sums over a range of test examples. */
export interface EvaluationPart {
  readonly correct: number;
  readonly lossSum: number;
}

export interface Evaluator {
  /** Evaluates the model as it is on test examples from … to − 1, in inference mode. */
  evaluate(from: number, to: number): EvaluationPart;
}

export function createEvaluator(
  model: tf.LayersModel,
  objective: Objective,
  dataset: Dataset,
  gatherer: Gatherer,
): Evaluator {
  const inputs = new Float32Array(evaluationBatch * gatherer.exampleSize);
  const labels = new Int32Array(evaluationBatch);

  return {
    evaluate(from, to) {
      let correct = 0;
      let lossSum = 0;
      for (let start = from; start < to; start += evaluationBatch) {
        const size = Math.min(evaluationBatch, to - start);
        const batchLabels = labels.subarray(0, size);
        gatherer.gather(
          dataset.test,
          Uint32Array.from({ length: size }, (_, i) => start + i),
          inputs,
          batchLabels,
        );
        tf.tidy(() => {
          const values = inputs.subarray(0, size * gatherer.exampleSize);
          const batch = tf.tensor(values, [size, ...dataset.inputShape], 'float32');
          const outputs = model.apply(batch, { training: false }) as tf.Tensor2D;
          correct += countCorrect(outputs.dataSync<'float32'>(), batchLabels);
          const loss = objective.total(outputs, batchLabels).dataSync<'float32'>()[0] ?? Number.NaN;
          lossSum += loss * size;
        });
      }
      return { correct, lossSum };
    },
  };
}
