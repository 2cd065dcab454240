/**
 * Divides the training examples among the workers. Under every scheme each example belongs to exactly one worker, and
 * the same seed gives the same division.
 */

import { configError } from '../../errors.js';
import { seededRandom, shuffle } from '../../random/seeded-random.js';
import type { Partitions } from '../dataset.js';
import { dirichletPartitions } from './dirichlet.js';
import { formatPartition, type PartitionSpec } from './partition-spec.js';
import { shardPartitions } from './shards.js';
import { splitEvenly } from './split-evenly.js';

/**
 * @param labels one class index per training example
 * @param classes number of classes
 * @param workers number of workers, at least 1
 * @param seed the run's seed
 * @param minimum the fewest examples that `dirichlet` may leave a worker, e.g. the batch size; the other schemes divide
 *   evenly and do not need it. Default 1
 * @returns per worker its examples in ascending order, over a SharedArrayBuffer
 * @throws StalewartError CONFIG naming `workers` or `partition` if there are too few examples for them
 */
export function makePartitions(
  spec: PartitionSpec,
  labels: ArrayLike<number>,
  classes: number,
  workers: number,
  seed: number,
  minimum = 1,
): Partitions {
  if (!Number.isInteger(workers) || workers < 1 || workers > labels.length) {
    const allowed = `an integer from 1 to ${labels.length}, the number of training examples`;
    throw configError('workers', workers, allowed);
  }
  return divide(spec, labels, classes, workers, seed, minimum).map(toShared);
}

function divide(
  spec: PartitionSpec,
  labels: ArrayLike<number>,
  classes: number,
  workers: number,
  seed: number,
  minimum: number,
): Uint32Array[] {
  const random = seededRandom(seed, 'partitions', spec.kind);
  const perWorker = Math.floor(labels.length / workers);
  switch (spec.kind) {
    case 'iid': {
      const all = Uint32Array.from({ length: labels.length }, (_, i) => i);
      return splitEvenly(shuffle(random, all), workers);
    }
    case 'shards':
      if (spec.shardsPerWorker > perWorker) {
        const allowed = `at most shards:${perWorker} for ${workers} workers and ${labels.length} examples`;
        throw configError('partition', formatPartition(spec), allowed);
      }
      return shardPartitions(labels, workers, spec.shardsPerWorker, random);
    case 'dirichlet': {
      const enough = Math.max(1, minimum);
      if (enough > perWorker) {
        const allowed = `at most ${Math.floor(labels.length / enough)} for ${labels.length} examples, ${enough} for each worker`;
        throw configError('workers', workers, allowed);
      }
      return dirichletPartitions(labels, classes, workers, spec.alpha, enough, random);
    }
  }
}

/** Ascending, so that a batch walks through the data set in one direction and equal divisions compare equal. */
function toShared(partition: Uint32Array): Uint32Array {
  const shared = new Uint32Array(new SharedArrayBuffer(partition.length * Uint32Array.BYTES_PER_ELEMENT));
  shared.set(partition);
  return shared.sort();
}
