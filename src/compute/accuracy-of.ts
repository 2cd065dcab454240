/**
 * The accuracy of a loaded model on a data set's test examples, for a script of three lines: fed, batched and counted as
 * during training, so that it gives the accuracy that a run's summary states.
 */
import type * as tf from '@tensorflow/tfjs';
import type { Dataset } from '../data/dataset.js';
import { countCorrect } from './count-correct.js';
import { evaluationBatch } from './evaluation-batch.js';
import { createGatherer } from './gather.js';

/**
 * Where TensorFlow.js runs on its plain `cpu` backend, the `wasm` backend computes instead, a hundred times faster;
 * `cpu` is the backend again afterwards.
 * @param samples the first so many test examples; default: all
 * @returns the fraction whose class was predicted, 0 … 1
 */
export async function accuracyOf(
  model: tf.LayersModel,
  dataset: Pick<Dataset, 'inputShape' | 'normalisation' | 'test'>,
  samples: number = dataset.test.size,
): Promise<number> {
  const library = await import('@tensorflow/tfjs');
  const before = library.getBackend();
  if (before === 'cpu') {
    const { useWasmBackend } = await import('./wasm-training/index.js');
    await useWasmBackend();
  }
  const gatherer = createGatherer(dataset);
  const size = Math.min(samples, dataset.test.size);
  let correct = 0;
  try {
    for (let from = 0; from < size; from += evaluationBatch) {
      const examples = Uint32Array.from(
        { length: Math.min(evaluationBatch, size - from) },
        (_, i) => from + i,
      );
      const inputs = new Float32Array(examples.length * gatherer.exampleSize);
      const labels = new Int32Array(examples.length);
      gatherer.gather(dataset.test, examples, inputs, labels);
      correct += library.tidy(() => {
        const batch = library.tensor(inputs, [examples.length, ...dataset.inputShape], 'float32');
        const outputs = model.apply(batch, { training: false }) as tf.Tensor;
        return countCorrect(outputs.dataSync<'float32'>(), labels);
      });
    }
  } finally {
    if (before === 'cpu') await library.setBackend('cpu');
  }
  return correct / size;
}
