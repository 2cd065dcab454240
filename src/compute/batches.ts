/**
 * Which examples a worker's step sees. A worker walks through its partition epoch after epoch, each in a fresh random
 * order, without replacement: its examples are one endless sequence, permutation after permutation. Attempt n of U
 * steps of B examples takes the positions (n−1)·U·B … n·U·B−1 of it. No state is kept, so an assignment names its
 * batches wherever and how often it is computed.
 */
import { seededRandom, shuffle } from '../random/seeded-random.js';

export interface BatchRequest {
  readonly seed: number;
  readonly worker: number;
  /** 1-based. */
  readonly attempt: number;
  /** U. */
  readonly localSteps: number;
  /** B. */
  readonly batchSize: number;
}

/** The worker's order of its partition in one epoch (0-based). */
export function epochOrder(partition: Uint32Array, seed: number, worker: number, epoch: number): Uint32Array {
  return shuffle(seededRandom(seed, 'epoch', worker, epoch), partition.slice());
}

/**
 * Indices of the examples of all steps of an attempt: step u uses elements u·B … (u+1)·B−1.
 * @param partition indices of the worker's examples
 * @throws RangeError if the partition is empty
 */
export function attemptExamples(partition: Uint32Array, request: BatchRequest): Uint32Array {
  const { seed, worker, attempt, localSteps, batchSize } = request;
  if (partition.length === 0) throw new RangeError(`the partition of worker ${worker} is empty`);
  const examples = new Uint32Array(localSteps * batchSize);
  let position = (attempt - 1) * examples.length;
  let filled = 0;
  while (filled < examples.length) {
    const order = epochOrder(partition, seed, worker, Math.floor(position / partition.length));
    const rest = order.subarray(position % partition.length).subarray(0, examples.length - filled);
    examples.set(rest, filled);
    filled += rest.length;
    position += rest.length;
  }
  return examples;
}
