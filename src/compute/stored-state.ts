/**
 * The memory of what works on weights in the server (optimisers, corrections) as named vectors and numbers, so that a
 * checkpoint can hold it and a resumed run goes on as if it had never stopped.
 */

export interface StoredState {
  readonly vectors: Readonly<Record<string, Float64Array>>;
  readonly scalars: Readonly<Record<string, number>>;
}

export interface Stored {
  /** Copies. */
  state(): StoredState;
  /**
   * Goes on from there; copies.
   * @throws RangeError, and changes nothing, if it is the state of something else or of another model
   */
  restore(state: StoredState): void;
}

/** For whoever keeps its memory in these vectors and these numbers and writes them in place. */
export function storedIn(
  vectors: Readonly<Record<string, Float64Array>>,
  scalars: Record<string, number> = {},
): Stored {
  return {
    state: () => ({
      vectors: Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [name, vector.slice()])),
      scalars: { ...scalars },
    }),
    restore(state) {
      const found = Object.entries(vectors).map(([name, vector]) => ({
        vector,
        from: checked(name, state.vectors[name], vector.length),
      }));
      const numbers = Object.keys(scalars).map((name) => [name, state.scalars[name]] as const);
      sameNames(vectors, state.vectors);
      sameNames(scalars, state.scalars);
      for (const { vector, from } of found) vector.set(from);
      for (const [name, value] of numbers) if (value !== undefined) scalars[name] = value;
    },
  };
}

function checked(name: string, from: Float64Array | undefined, length: number): Float64Array {
  if (from === undefined) throw new RangeError(`the stored state has no ${name}`);
  if (from.length === length) return from;
  throw new RangeError(`the stored ${name} has ${from.length} elements, the model ${length}`);
}

function sameNames(here: object, there: object): void {
  const missing = Object.keys(here).find((name) => !Object.hasOwn(there, name));
  if (missing !== undefined) throw new RangeError(`the stored state has no ${missing}`);
  const foreign = Object.keys(there).find((name) => !Object.hasOwn(here, name));
  if (foreign !== undefined)
    throw new RangeError(`the stored state has ${foreign}, which belongs to something else`);
}
