/** How unequally the applied updates are shared out among the workers: a policy that starves slow workers shows here. */
import { sum } from 'simple-statistics';

/** Each worker's updates as a multiple of the equal share: 1 is fair, 0 has given nothing. All 0 if there are none. */
export function relativeShares(contributions: readonly number[]): readonly number[] {
  const total = sum([...contributions]);
  return contributions.map((count) => (total === 0 ? 0 : (count * contributions.length) / total));
}

/**
 * The Gini coefficient: 0 if all give the same, (N − 1) / N if one gives everything; null if there is nothing to share.
 * Σ (2i − N − 1) x_i / (N Σ x), over x ascending, i from 1.
 */
export function gini(contributions: readonly number[]): number | null {
  const ascending = [...contributions].sort((left, right) => left - right);
  const total = sum(ascending);
  if (total === 0) return null;
  const { length } = ascending;
  return sum(ascending.map((count, index) => (2 * (index + 1) - length - 1) * count)) / (length * total);
}
