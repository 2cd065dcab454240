/**
 * Shards of the sorted data (McMahan et al. 2017, arXiv 1602.05629, section 3): sort the examples by label, cut them into
 * `workers × shardsPerWorker` shards, deal every worker its number of shards at random. So a worker has examples of few
 * classes: of `shardsPerWorker`, where classes and shards are of like size. Where the number of examples is no
 * multiple of the number of shards, shards differ by one example; each example is in exactly one.
 */

import { shuffle, type Random } from '../../random/seeded-random.js';
import { splitEvenly } from './split-evenly.js';

/** @param random also decides which examples of a class share a shard */
export function shardPartitions(
  labels: ArrayLike<number>,
  workers: number,
  shardsPerWorker: number,
  random: Random,
): Uint32Array[] {
  const byLabel = shuffle(
    random,
    Uint32Array.from({ length: labels.length }, (_, i) => i),
  );
  // Typed arrays sort stably, so the shuffled order stays within each label.
  byLabel.sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0));
  const shards = shuffle(random, splitEvenly(byLabel, workers * shardsPerWorker));
  return Array.from({ length: workers }, (_, worker) => {
    const dealt = shards.slice(worker * shardsPerWorker, (worker + 1) * shardsPerWorker);
    return Uint32Array.from(dealt.flatMap((shard) => [...shard]));
  });
}
