/**
 * Label skew by Dirichlet draws, as in Yurochkin et al. 2019 (arXiv 1905.12022, section 4) and NIID-Bench (Li et al.
 * 2022, arXiv 2102.02079): each class is shared out in proportions p ~ Dir(α, …, α) over the workers; a worker that
 * already has its fair number of examples gets none of later classes, and the whole is drawn again while some worker
 * has too few. (Hsu et al. 2019, arXiv 1909.06335, draw per worker over the classes instead.) Sizes differ between
 * workers. Each example belongs to exactly one.
 */

import { randomGamma } from 'd3-random';
import { integerBelow, shuffle, type Random } from '../../random/seeded-random.js';

/** Draws before the smallest partitions are filled up from the largest. */
const maxDraws = 100;

/** @param minimum the fewest examples of any worker; `workers × minimum` must not exceed the number of examples */
export function dirichletPartitions(
  labels: ArrayLike<number>,
  classes: number,
  workers: number,
  alpha: number,
  minimum: number,
  random: Random,
): Uint32Array[] {
  const byClass = examplesByClass(labels, classes);
  let partitions = draw(byClass, labels.length, workers, alpha, random);
  for (let drawn = 1; drawn < maxDraws && smallest(partitions).length < minimum; drawn++) {
    partitions = draw(byClass, labels.length, workers, alpha, random);
  }
  fillUp(partitions, minimum, random);
  return partitions.map((partition) => Uint32Array.from(partition));
}

function examplesByClass(labels: ArrayLike<number>, classes: number): number[][] {
  const byClass: number[][] = Array.from({ length: classes }, () => []);
  for (let i = 0; i < labels.length; i++) {
    byClass[labels[i] ?? 0]?.push(i);
  }
  // A class without examples has nothing to share out, and there may be nobody left to share it with.
  return byClass.filter((members) => members.length > 0);
}

function draw(
  byClass: readonly (readonly number[])[],
  total: number,
  workers: number,
  alpha: number,
  random: Random,
): number[][] {
  const partitions: number[][] = Array.from({ length: workers }, () => []);
  for (const members of byClass) {
    const order = shuffle(random, [...members]);
    const open = partitions.map((partition) => partition.length < total / workers);
    const proportions = openProportions(open, alpha, random);
    let cumulative = 0;
    let start = 0;
    for (const [worker, partition] of partitions.entries()) {
      cumulative += proportions[worker] ?? 0;
      const last = worker === workers - 1;
      const end = last ? order.length : Math.min(order.length, Math.floor(cumulative * order.length));
      for (let i = start; i < end; i++) {
        partition.push(order[i] ?? 0);
      }
      start = end;
    }
  }
  return partitions;
}

/**
 * Proportions over the open workers, of sum 1. Gamma draws of a tiny α may all underflow to zero: in that limit one
 * worker gets everything.
 */
function openProportions(open: readonly boolean[], alpha: number, random: Random): number[] {
  const gamma = randomGamma.source(random)(alpha);
  // Drawn for closed workers too, as published: the stream does not depend on who is open.
  const weights = open.map((isOpen) => {
    const weight = gamma();
    return isOpen ? weight : 0;
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum > 0) {
    return weights.map((weight) => weight / sum);
  }
  const candidates = open.flatMap((isOpen, worker) => (isOpen ? [worker] : []));
  const chosen = candidates[integerBelow(random, candidates.length)];
  return open.map((_, worker) => (worker === chosen ? 1 : 0));
}

function smallest(partitions: readonly number[][]): number[] {
  return partitions.reduce((least, partition) => (partition.length < least.length ? partition : least));
}

function largest(partitions: readonly number[][]): number[] {
  return partitions.reduce((most, partition) => (partition.length > most.length ? partition : most));
}

/** Moves random examples from the largest to the smallest partition until none is too small. */
function fillUp(partitions: readonly number[][], minimum: number, random: Random): void {
  for (let least = smallest(partitions); least.length < minimum; least = smallest(partitions)) {
    const most = largest(partitions);
    const [moved] = most.splice(integerBelow(random, most.length), 1);
    least.push(moved ?? 0);
  }
}
