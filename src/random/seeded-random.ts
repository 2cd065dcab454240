/**
 * Random numbers for everything outside `protocols/`: one generator per (seed, stream), so that what one part draws
 * never shifts what another part draws. The same seed and stream give the same numbers on every machine, for ever: runs
 * are reproducible because of it. State = the first 128 bits of SHA-256 over the canonical JSON of [seed, ...stream],
 * fed to xoroshiro128+ (Blackman and Vigna 2018, doi:10.1145/3460772) of pure-rand.
 */

import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** Uniform doubles in [0, 1), multiples of 2⁻⁵³. The form that `d3-random`'s `.source(random)` takes. */
export type Random = () => number;

/**
 * A generator of its own for each stream of a seed, e.g. `seededRandom(7, 'batches', worker, attempt)`. The number 1
 * and the string '1' name different streams.
 * @param seed any finite number
 * @param stream names and finite numbers that tell this stream from the seed's others
 * @throws RangeError if the seed or a number of the stream is not finite
 */
export function seededRandom(seed: number, ...stream: readonly (number | string)[]): Random {
  const key = [seed, ...stream];
  for (const part of key) {
    if (typeof part === 'number' && !Number.isFinite(part)) {
      throw new RangeError(`seed and stream must be finite numbers or strings, got ${part}`);
    }
  }
  const hash = createHash('sha256').update(JSON.stringify(key)).digest();
  const state = [0, 4, 8, 12].map((offset) => hash.readInt32LE(offset));
  const generator = xoroshiro128plusFromState(state);
  return () => uniformFloat64(generator);
}

/**
 * A uniform integer in 0 … bound − 1. The bias is below bound / 2⁵³.
 * @param bound an integer of at least 1 and at most 2³²
 * @throws RangeError otherwise
 */
export function integerBelow(random: Random, bound: number): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
    throw new RangeError(`bound must be an integer from 1 to 2^32, got ${bound}`);
  }
  return Math.floor(random() * bound);
}

/** What `shuffle` can reorder: arrays and the typed arrays of numbers. */
export interface Shuffleable<T> {
  readonly length: number;
  [index: number]: T;
}

/** Reorders `array` in place, every order equally likely (Fisher–Yates), and returns it. */
export function shuffle<A extends Shuffleable<unknown>>(random: Random, array: A): A {
  for (let last = array.length - 1; last > 0; last--) {
    const other = integerBelow(random, last + 1);
    const held = array[last];
    array[last] = array[other];
    array[other] = held;
  }
  return array;
}
