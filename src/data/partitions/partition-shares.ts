/**
 * What a worker draws from when others have left for good: its own partition, and its part of each of theirs, which is dealt
 * out at random in parts of like size.
 *
 * Invariant: while at least one worker is left, every example belongs to exactly one of those left. The division is a function of
 * the partitions, the seed and the set of those who left; with nobody gone it is the partitions themselves.
 */
import { seededRandom, shuffle } from '../../random/seeded-random.js';
import type { Partitions } from '../dataset.js';
import { splitEvenly } from './split-evenly.js';

export class PartitionShares {
  readonly #partitions: Partitions;
  readonly #seed: number;
  /** The last share of each worker. */
  readonly #known = new Map<number, { readonly gone: string; readonly share: Uint32Array }>();

  constructor(partitions: Partitions, seed: number) {
    this.#partitions = partitions;
    this.#seed = seed;
  }

  /**
   * @param gone workers that have left for good, without `worker`, ascending
   * @returns indices of its training examples, ascending
   * @throws RangeError if the worker has no partition
   */
  of(worker: number, gone: readonly number[] = []): Uint32Array {
    const own = this.#partitions[worker];
    if (own === undefined) throw new RangeError(`there is no partition for worker ${worker}`);
    if (gone.length === 0) return own;
    const key = gone.join();
    const known = this.#known.get(worker);
    if (known?.gone === key) return known.share;
    const share = this.#share(worker, own, gone);
    this.#known.set(worker, { gone: key, share });
    return share;
  }

  #share(worker: number, own: Uint32Array, gone: readonly number[]): Uint32Array {
    const absent = new Set(gone);
    const left = this.#partitions.map((_, index) => index).filter((index) => !absent.has(index));
    const rank = left.indexOf(worker);
    const parts = gone.map((owner) => {
      const orphaned = this.#partitions[owner] ?? new Uint32Array();
      const dealt = shuffle(seededRandom(this.#seed, 'repartition', owner), orphaned.slice());
      // The longer parts come first: another worker begins with each partition.
      return splitEvenly(dealt, left.length)[(rank + owner) % left.length] ?? new Uint32Array();
    });
    const share = new Uint32Array(parts.reduce((sum, { length }) => sum + length, own.length));
    share.set(own);
    let filled = own.length;
    for (const part of parts) {
      share.set(part, filled);
      filled += part.length;
    }
    return share.sort();
  }
}
