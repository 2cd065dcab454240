/**
 * Expected time of a round, by theory. X is the time of one task, N the number of workers, all alike; X_{K:N} the K-th
 * smallest of N draws. The forms are those of Dutta, Joshi, Ghosh, Dube and Nagpurkar, "Slow and Stale Gradients Can Win the
 * Race" (AISTATS 2018, arXiv 1803.01113), but for `totalOfRenewals`, which is derived here.
 */

/** H_n = 1 + 1/2 + … + 1/n. */
export function harmonic(n: number): number {
  let sum = 0;
  for (let i = 1; i <= n; i += 1) sum += 1 / i;
  return sum;
}

/**
 * E[X_{K:N}] of X = shift + an exponential time. The minimum of n exponential times of mean m has mean m / n, and what is left
 * of the others is exponential again: m/N + m/(N−1) + … + m/(N−K+1).
 */
export function orderStatistic(k: number, n: number, mean: number, shift = 0): number {
  return shift + mean * (harmonic(n) - harmonic(n - k));
}

/**
 * E of the time at which N workers that all begin at 0, and begin the next task as soon as one is done, have done K tasks
 * together, of X = shift + an exponential time of this mean: a round of K-batch-sync, where everybody begins afresh.
 *
 * One worker has done at least n tasks by t if n shifts and n exponential times fit in: P(n, t) = 1 − e^−x Σ_{j<n} x^j / j! with
 * x = (t − n·shift) / mean. That gives the law of one worker's count, its N-fold convolution the law of the sum, and E[T] is the
 * integral of P(sum < K) over t. Without a shift the sum is Poisson with rate N / mean, and E[T] = K · mean / N.
 */
export function totalOfRenewals(k: number, n: number, mean: number, shift: number): number {
  const end = k * (shift + mean) + 40 * mean;
  const steps = 20_000;
  const width = end / steps;
  let integral = 0;
  for (let i = 0; i <= steps; i += 1) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    integral += weight * sumIsBelow(n, countLaw(k, i * width, mean, shift));
  }
  return (integral * width) / 3;
}

/** P(one worker has done exactly c tasks by t), c = 0 … below k. */
function countLaw(k: number, t: number, mean: number, shift: number): readonly number[] {
  const atLeast = Array.from({ length: k + 1 }, (_, count) => {
    if (count === 0) return 1;
    const x = (t - count * shift) / mean;
    if (x <= 0) return 0;
    let term = Math.exp(-x);
    let sum = 0;
    for (let j = 0; j < count; j += 1) {
      sum += term;
      term *= x / (j + 1);
    }
    return 1 - sum;
  });
  return atLeast.slice(0, k).map((probability, count) => probability - (atLeast[count + 1] ?? 0));
}

/** P(the counts of n workers add up to less than k), from the law of one of them for counts below k. */
function sumIsBelow(n: number, law: readonly number[]): number {
  let sum = law;
  for (let worker = 1; worker < n; worker += 1) {
    sum = sum.map((_, total) =>
      law.slice(0, total + 1).reduce((all, p, count) => all + p * (sum[total - count] ?? 0), 0),
    );
  }
  return sum.reduce((all, p) => all + p, 0);
}
