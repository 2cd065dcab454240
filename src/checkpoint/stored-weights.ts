/** The parameter store's state in a checkpoint: its vectors in the table, and their names in their places. */
import type { HeldDelta, ParameterState } from '../compute/parameter-store.js';
import type { StoredState } from '../compute/stored-state.js';
import { sharedVector } from '../memory/shared-memory.js';
import type { StoredWeights, Vector } from './checkpoint.js';
import { float32Named, float64Named, type VectorTable } from './vector-table.js';

type Stored = StoredWeights['optimizer'];

export function storeWeights(state: ParameterState, table: VectorTable): StoredWeights {
  const { weights, held, bases, optimizer, correction } = state;
  return {
    current: table.add('weights', weights),
    held: held.map(({ updateId, delta, base }) => ({
      updateId,
      delta: table.add(`delta ${updateId}`, delta),
      base: base === null ? null : table.add(`base ${updateId}`, base),
    })),
    bases: bases.map(([worker, base]) => [worker, table.add(`base of worker ${worker}`, base)]),
    optimizer: storeMemory('optimizer', optimizer, table),
    correction: correction === null ? null : storeMemory('correction', correction, table),
  };
}

/**
 * @param shared gives the vectors of weights, see `sharedWeights`
 * @throws RangeError if a vector is missing
 */
export function restoreWeights(
  stored: StoredWeights,
  version: number,
  vectors: ReadonlyMap<string, Vector>,
  shared: (name: string) => Float32Array,
): ParameterState {
  return {
    version,
    weights: shared(stored.current),
    held: stored.held.map(
      ({ updateId, delta, base }): HeldDelta => ({
        updateId,
        delta: float32Named(vectors, delta),
        base: base === null ? null : shared(base),
      }),
    ),
    bases: stored.bases.map(([worker, base]) => [worker, shared(base)]),
    optimizer: restoreMemory(stored.optimizer, vectors),
    correction: stored.correction === null ? null : restoreMemory(stored.correction, vectors),
  };
}

/** Weights by name, over a SharedArrayBuffer: compute threads start from them. Each is made once. */
export function sharedWeights(vectors: ReadonlyMap<string, Vector>): (name: string) => Float32Array {
  const made = new Map<string, Float32Array>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const stored = float32Named(vectors, name);
    const vector = sharedVector(stored.length);
    vector.set(stored);
    made.set(name, vector);
    return vector;
  };
}

function storeMemory(of: string, { vectors, scalars }: StoredState, table: VectorTable): Stored {
  const names = Object.entries(vectors).map(([name, vector]) => [name, table.add(`${of} ${name}`, vector)]);
  return { vectors: Object.fromEntries(names), scalars: { ...scalars } };
}

function restoreMemory(stored: Stored, vectors: ReadonlyMap<string, Vector>): StoredState {
  const named = Object.entries(stored.vectors).map(([name, vector]) => [name, float64Named(vectors, vector)]);
  return { vectors: Object.fromEntries(named), scalars: { ...stored.scalars } };
}
