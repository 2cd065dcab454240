/**
 * The course of a value over a whole run in a fixed amount of memory: when full, neighbours are averaged in pairs. Values
 * that are not finite are left out.
 */

export interface ValueHistory {
  add(value: number): void;
  /** At most `capacity` averages over stretches of equal length, oldest first; the last stretch may be shorter. */
  values(): readonly number[];
}

/** @param capacity even, at least 2 */
export function createValueHistory(capacity = 256): ValueHistory {
  let full: number[] = [];
  let stretch = 1;
  let sum = 0;
  let count = 0;

  return {
    add(value) {
      if (!Number.isFinite(value)) return;
      sum += value;
      count += 1;
      if (count < stretch) return;
      full.push(sum / count);
      sum = 0;
      count = 0;
      if (full.length < capacity) return;
      full = Array.from({ length: capacity / 2 }, (_, pair) => {
        const [left = 0, right = 0] = full.slice(2 * pair, 2 * pair + 2);
        return (left + right) / 2;
      });
      stretch *= 2;
    },
    values() {
      return count === 0 ? full : [...full, sum / count];
    },
  };
}
