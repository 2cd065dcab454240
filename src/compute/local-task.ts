/**
 * The local update (eq. 2 of arXiv 2301.08895), whatever takes the steps: from the received weights, U steps on batches
 * drawn without replacement from the worker's partition. What goes back is final − received weights, and the final values of
 * those that no gradient moves. The outcome depends
 * on worker, attempt and received weights alone: weights, optimiser state and random streams are set afresh, so neither
 * the thread nor what it did before leaves a trace.
 */
import type { Dataset, Partitions } from '../data/dataset.js';
import { PartitionShares } from '../data/partitions/partition-shares.js';
import { attemptExamples } from './batches.js';
import type { LocalTask, LocalUpdate } from './compute.js';
import type { Gatherer } from './gather.js';
import { sharedVector } from '../memory/shared-memory.js';
import type { Range } from './untrained.js';
import { seedThisThread } from './seeded-randomness.js';

export interface LocalTaskOptions {
  readonly dataset: Dataset;
  readonly gatherer: Gatherer;
  readonly partitions: Partitions;
  readonly batchSize: number;
  readonly seed: number;
  /** Weights that no gradient moves. */
  readonly untrained: readonly Range[];
}

/** Takes the steps of one task after the other. */
export interface Stepper {
  /** Where the examples of the next batch are put, NHWC. */
  readonly inputs: Float32Array;
  readonly labels: Int32Array;
  /** Sets the weights, and the state of the optimiser afresh. */
  begin(parameters: Float32Array): void;
  /** @returns the batch's loss before the step */
  step(): number;
  /** Copies the weights. */
  read(parameters: Float32Array): void;
  /** Lets go of what `begin` made. */
  end(): void;
}

/** @returns null if `cancelled` said so before a step */
export function runLocalTask(
  stepper: Stepper,
  options: LocalTaskOptions,
  task: LocalTask,
  cancelled: () => boolean,
): LocalUpdate | null {
  if (cancelled()) return null;
  const started = performance.now();
  const { dataset, gatherer, batchSize, seed } = options;
  const { worker, attempt, localSteps, gone } = task;
  const partition = sharesOf(options).of(worker, gone);
  const examples = attemptExamples(partition, { seed, worker, attempt, localSteps, batchSize });
  const losses: number[] = [];
  stepper.begin(task.parameters);
  try {
    for (let u = 0; u < localSteps && !cancelled(); u++) {
      seedThisThread(seed, 'step', worker, attempt, u);
      const batch = examples.subarray(u * batchSize, (u + 1) * batchSize);
      gatherer.gather(dataset.train, batch, stepper.inputs, stepper.labels);
      losses.push(stepper.step());
    }
  } finally {
    stepper.end();
  }
  if (losses.length < localSteps) return null;
  return {
    delta: difference(stepper, task.parameters, options.untrained),
    steps: localSteps,
    samples: localSteps * batchSize,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / localSteps,
    firstLoss: losses[0] ?? Number.NaN,
    computeSeconds: (performance.now() - started) / 1000,
  };
}

/** Kept from task to task. */
const shares = new WeakMap<LocalTaskOptions, PartitionShares>();

function sharesOf(options: LocalTaskOptions): PartitionShares {
  const known = shares.get(options) ?? new PartitionShares(options.partitions, options.seed);
  shares.set(options, known);
  return known;
}

/** One step from the stepper's present weights on the first training examples. @returns the loss before it */
export function stepOnFirstExamples(stepper: Stepper, options: LocalTaskOptions): number {
  const { dataset, gatherer, batchSize, seed } = options;
  seedThisThread(seed, 'probe');
  const first = Uint32Array.from({ length: batchSize }, (_, i) => i % dataset.train.size);
  gatherer.gather(dataset.train, first, stepper.inputs, stepper.labels);
  return stepper.step();
}

function difference(stepper: Stepper, received: Float32Array, untrained: readonly Range[]): Float32Array {
  const delta = sharedVector(received.length);
  stepper.read(delta);
  // Weights that no gradient moves stay as they are.
  let start = 0;
  for (const [from, to] of [...untrained, [delta.length, delta.length] as const]) {
    for (let i = start; i < from; i++) delta[i] = (delta[i] ?? 0) - (received[i] ?? 0);
    start = to;
  }
  return delta;
}
