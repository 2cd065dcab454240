/**
 * Seeding of the Alea generator (Johannes Baagøe, 2010) as the package seedrandom 3.0.5 does it, which TensorFlow.js draws its
 * uniform numbers with. The numbers themselves are drawn in `wasm-training/assembly/plan/dropout.ts`.
 */

const toUnit = 2 ** -32;

/** Baagøe's hash, which goes on from call to call. */
class Mash {
  #n = 0xefc8249d;

  /** @returns a number in [0, 1) */
  next(text: string): number {
    let n = this.#n;
    for (let i = 0; i < text.length; i++) {
      n += text.charCodeAt(i);
      let h = 0.02519603282416938 * n;
      n = h >>> 0;
      h -= n;
      h *= n;
      n = h >>> 0;
      h -= n;
      n += h * 2 ** 32;
    }
    this.#n = n;
    return (n >>> 0) * toUnit;
  }
}

/** Writes the three numbers of the generator after seeding, each in [0, 1). */
export function seedAlea(state: Float64Array, seed: number): void {
  const mash = new Mash();
  const text = String(seed);
  for (let i = 0; i < 3; i++) state[i] = mash.next(' ');
  for (let i = 0; i < 3; i++) {
    const rest = (state[i] ?? 0) - mash.next(text);
    state[i] = rest < 0 ? rest + 1 : rest;
  }
}
