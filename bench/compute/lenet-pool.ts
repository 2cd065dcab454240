/** The pool as a run has it: lenet by the plan, on images of CIFAR-10's size. */
import type { Compute } from '../../src/compute/compute.js';
import { createCompute } from '../../src/compute/compute-pool.js';
import type { Dataset, Split } from '../../src/data/dataset.js';
import { seededRandom } from '../../src/random/seeded-random.js';
import { classes } from './models.js';
import { BATCH } from './steps.js';

export const workers = 10;

/** Test images, as many as CIFAR-10 has. */
export const testImages = 10_000;

/** Noise: how long a step takes does not depend on what is to be seen. Less to train on than CIFAR-10 has, to be made sooner. */
function noise(): Dataset {
  const inputShape = [32, 32, 3];
  const perExample = inputShape.reduce((product, side) => product * side, 1);
  const random = seededRandom(1, 'noise');
  const few = Uint8Array.from({ length: 100 * perExample }, () => random() * 256);
  const split = (size: number): Split => {
    const inputs = new Uint8Array(new SharedArrayBuffer(size * perExample));
    for (let at = 0; at < inputs.length; at += few.length) inputs.set(few, at);
    const labels = new Uint8Array(new SharedArrayBuffer(size)).map((_, i) => i % classes);
    return { size, inputs, labels };
  };
  return {
    name: 'noise',
    inputShape,
    classes,
    classNames: Array.from({ length: classes }, (_, i) => `class ${i}`),
    train: split(10_000),
    test: split(testImages),
    normalisation: { inputScale: 255, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
  };
}

export function startLenetPool(threads: number): Promise<Compute> {
  const dataset = noise();
  const size = dataset.train.size / workers;
  return createCompute({
    model: 'lenet',
    dataset,
    partitions: Array.from({ length: workers }, (_, worker) =>
      Uint32Array.from({ length: size }, (_, i) => i * workers + worker),
    ),
    batchSize: BATCH,
    learningRate: 0.05,
    seed: 1,
    engine: 'plan',
    threads,
  });
}

/** Gives the pool tasks, one after the other or all at once. */
export class Tasks {
  readonly #compute: Compute;
  #count = 0;

  constructor(compute: Compute) {
    this.#compute = compute;
  }

  async one(localSteps: number): Promise<void> {
    const attempt = ++this.#count;
    const parameters = this.#compute.model.initial;
    const { signal } = new AbortController();
    await this.#compute.run({ worker: attempt % workers, attempt, parameters, localSteps }, signal);
  }

  async inTurn(tasks: number, localSteps: number): Promise<void> {
    for (let i = 0; i < tasks; i++) await this.one(localSteps);
  }

  async atOnce(tasks: number, localSteps: number): Promise<void> {
    await Promise.all(Array.from({ length: tasks }, () => this.one(localSteps)));
  }
}
