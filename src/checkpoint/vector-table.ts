/**
 * The vectors of a checkpoint by their names. Weights of one version are one vector in memory, however many workers compute from
 * them, and so they are one in the file.
 */
import type { Vector } from './checkpoint.js';

export class VectorTable {
  readonly #byName = new Map<string, Vector>();
  readonly #names = new Map<Vector, string>();

  /**
   * The name under which the vector is kept: `name`, or that of the same vector before.
   * @param vector kept by reference: it must not be written any more
   * @throws RangeError if another vector has the name
   */
  add(name: string, vector: Vector): string {
    const known = this.#names.get(vector);
    if (known !== undefined) return known;
    if (this.#byName.has(name)) throw new RangeError(`there is another vector ${name}`);
    this.#byName.set(name, vector);
    this.#names.set(vector, name);
    return name;
  }

  get vectors(): ReadonlyMap<string, Vector> {
    return this.#byName;
  }
}

/** @throws RangeError if there is none of that name, or it is of the other precision */
export function float32Named(vectors: ReadonlyMap<string, Vector>, name: string): Float32Array {
  const vector = vectors.get(name);
  if (vector instanceof Float32Array) return vector;
  throw missing(vector, name);
}

/** @throws RangeError if there is none of that name, or it is of the other precision */
export function float64Named(vectors: ReadonlyMap<string, Vector>, name: string): Float64Array {
  const vector = vectors.get(name);
  if (vector instanceof Float64Array) return vector;
  throw missing(vector, name);
}

function missing(vector: Vector | undefined, name: string): RangeError {
  const what = vector === undefined ? 'missing' : 'of another precision';
  return new RangeError(`the vector ${name} is ${what}`);
}
