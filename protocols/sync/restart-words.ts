/**
 * Why workers restart whose τ_k meets the bound: one text for all who are as far behind, for they may be many, and so are the
 * commits with the same bound.
 */
import type { StalenessTest } from './policy.js';

export class RestartWords {
  #bound = NaN;
  /** By staleness. */
  readonly #texts = new Map<number, string>();
  #test: StalenessTest = 'ge';

  /** The text for each staleness that meets the bound. */
  readonly #textOf = (staleness: number): string => {
    const known = this.#texts.get(staleness);
    if (known !== undefined) return known;
    const text = `staleness ${staleness} ${this.#test === 'ge' ? '≥' : '>'} ${this.#bound}`;
    this.#texts.set(staleness, text);
    return text;
  };

  /** @returns what gives the text for each staleness, until it is asked for another bound */
  at(bound: number, test: StalenessTest): (staleness: number) => string {
    if (bound !== this.#bound || test !== this.#test) {
      this.#texts.clear();
      this.#bound = bound;
      this.#test = test;
    }
    return this.#textOf;
  }
}
