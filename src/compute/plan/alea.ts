/**
 * Seeding of the Alea generator (Johannes Baagøe, 2010) as the package seedrandom 3.0.5 does it, which TensorFlow.js draws its
 * uniform numbers with. The numbers themselves are drawn in `wasm-training/assembly/plan/dropout.ts`.
 */

/** Goes on with Baagøe's hash. */
function mash(before: number, text: string): number {
  let n = before;
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
  return n;
}

/** A hash as a number in [0, 1). */
function unit(hash: number): number {
  return (hash >>> 0) * 2 ** -32;
}

const first = mash(0xefc8249d, ' ');
const second = mash(first, ' ');
const third = mash(second, ' ');
const unseeded = [first, second, third].map(unit);

/** Writes the three numbers of the generator after seeding, each in [0, 1). */
export function seedAlea(state: Float64Array, seed: number): void {
  const text = String(seed);
  let hash = third;
  for (let i = 0; i < unseeded.length; i++) {
    hash = mash(hash, text);
    const rest = (unseeded[i] ?? 0) - unit(hash);
    state[i] = rest < 0 ? rest + 1 : rest;
  }
}
