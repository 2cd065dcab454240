/** What runs are measured against: one thread that does nothing but tasks of U local steps, lenet, ten partitions. */
import { createCompute } from '../src/compute/compute-pool.js';
import type { EngineChoice } from '../src/compute/engine-choice.js';
import type { Dataset } from '../src/data/dataset.js';
import { makePartitions } from '../src/data/partitions/make-partitions.js';

const workers = 10;

export interface OneThreadOptions {
  readonly dataset: Dataset;
  readonly engine: EngineChoice;
  readonly localSteps: number;
  readonly batchSize: number;
  /** Length of the measurement, after a second of warming up. */
  readonly seconds: number;
}

/** Images/s. */
export async function oneThread(options: OneThreadOptions): Promise<number> {
  const { dataset, engine, localSteps, batchSize, seconds } = options;
  const { train, classes } = dataset;
  const partitions = makePartitions({ kind: 'iid' }, train.labels, classes, workers, 1);
  const compute = await createCompute({
    model: 'lenet',
    dataset,
    partitions,
    batchSize,
    learningRate: 0.05,
    seed: 1,
    engine,
    threads: 1,
  });
  const { signal } = new AbortController();
  const parameters = compute.model.initial;
  let attempt = 0;
  const tasks = async (until: number): Promise<number> => {
    let samples = 0;
    while (performance.now() < until) {
      attempt += 1;
      const task = { worker: attempt % workers, attempt, parameters, localSteps };
      samples += (await compute.run(task, signal)).samples;
    }
    return samples;
  };
  await tasks(performance.now() + 1000);
  const began = performance.now();
  const samples = await tasks(began + seconds * 1000);
  const rate = samples / ((performance.now() - began) / 1000);
  await compute.close();
  return rate;
}
