/**
 * The global weights and the deltas that wait to be added to them. It carries out what the round engine orders and
 * decides nothing: w ← w + scale · Σ weight · delta (eq. 3 of arXiv 2301.08895), summed in the order given, in double
 * precision, rounded once; deltas may be corrected first, and a server optimiser may make something else of the sum. Weights that
 * no gradient moves become the weighted mean of what the workers have, untouched by either. So the same commits give the same
 * weights bit for bit: live, simulated and replayed.
 */
import { createHash } from 'node:crypto';
import { StalewartError } from '../errors.js';
import { sharedVector } from '../memory/shared-memory.js';
import type { Correction } from './corrections/correction.js';
import { littleEndianBytes } from './little-endian.js';
import { plainAveraging } from './server-optimizers/averaging.js';
import type { ServerOptimizer } from './server-optimizers/server-optimizer.js';
import type { StoredState } from './stored-state.js';
import type { Range } from './untrained.js';

/** What is used of the engine's `commit` effect. */
export interface CommitOrder {
  /** The version that this commit makes: the current one + 1. */
  readonly version: number;
  readonly contributions: readonly {
    readonly updateId: string;
    readonly weight: number;
    /** An earlier commit applied it, and kept it. */
    readonly repeated?: true;
  }[];
  readonly scale: number;
  /** Deltas that stay held for a later commit, although they count in this one. Default: none. */
  readonly kept?: readonly string[];
}

export interface ParameterStoreOptions {
  /** Version of the initial weights. Default: 0. */
  readonly version?: number;
  /** Default: `plainAveraging`. */
  readonly optimizer?: ServerOptimizer;
  /** What stale deltas undergo. Default: nothing. */
  readonly correction?: Correction | null;
  /** Weights that no gradient moves: of them, deltas hold values. Default: none. */
  readonly untrained?: readonly Range[];
}

/** A delta that is held. */
export interface HeldDelta {
  readonly updateId: string;
  readonly delta: Float32Array;
  /** Weights that it started from; null: nobody needs to know. */
  readonly base: Float32Array | null;
}

/** All that a store remembers. Its vectors are never written again, so it may be kept. */
export interface ParameterState {
  readonly version: number;
  readonly weights: Float32Array;
  /** In the order in which they came. */
  readonly held: readonly HeldDelta[];
  /** What each worker that computes started from; empty where no correction needs to know. */
  readonly bases: readonly (readonly [worker: number, weights: Float32Array])[];
  readonly optimizer: StoredState;
  /** Null: deltas are not corrected. */
  readonly correction: StoredState | null;
}

export interface ParameterStore {
  readonly version: number;
  /** Deltas held. */
  readonly held: number;
  /** The global weights, over a SharedArrayBuffer: a snapshot that is never written again, so it may be kept. */
  current(): Float32Array;
  /** To be called with every assignment: the worker starts from `current()`. Remembered for a correction only. */
  given(worker: number): void;
  /**
   * Keeps the delta, by reference, for a later commit.
   * @param worker whose delta it is; needed where deltas are corrected
   * @throws RangeError if it has the wrong length, the id is held already, or its correction needs to know where the worker
   *   started and nothing was given to it since its last delta
   */
  hold(updateId: string, delta: Float32Array, worker?: number): void;
  /** Releases the delta. @returns whether it was held */
  drop(updateId: string): boolean;
  /**
   * Makes the next version and releases the deltas that went into it, but for those that are to be kept; others stay held.
   * @returns the new weights, as `current()` gives them
   * @throws StalewartError NON_FINITE if a weight of it is NaN or infinite: nothing can follow it
   * @throws RangeError, and changes nothing, if the version is not the next one, or a contribution, or what is to be kept,
   *   is not held
   */
  commit(order: CommitOrder): Float32Array;
  /** L2 norm of a delta over the weights that gradients move. */
  norm(delta: Float32Array): number;
  /** SHA-256 of the weights as little-endian float32, hex. */
  sha256(): string;
  /** As it is now, to be gone on from. */
  state(): ParameterState;
  /**
   * Goes on from there. Vectors are kept by reference, those that workers are given over a SharedArrayBuffer.
   * @throws RangeError, and changes nothing, if it is the state of another model, optimizer or correction
   */
  restore(state: ParameterState): void;
}

/** @param initial copied */
export function createParameterStore(
  initial: Float32Array,
  options: ParameterStoreOptions = {},
): ParameterStore {
  const optimizer = options.optimizer ?? plainAveraging;
  const correction = options.correction ?? null;
  const untrained = options.untrained ?? [];
  const deltas = new Map<string, Held>();
  /** What each worker that computes started from. */
  const bases = new Map<number, Float32Array>();
  const step = new Float64Array(initial.length);
  const corrected = new Float64Array(correction === null ? 0 : initial.length);
  let version = options.version ?? 0;
  let weights = sharedVector(initial.length);
  weights.set(initial);

  function heldDelta(updateId: string): Held {
    const held = deltas.get(updateId);
    if (held === undefined) throw new RangeError(`the delta of update ${updateId} is not held`);
    return held;
  }

  /** Handed over: the worker's next delta has a base of its own. */
  function takeBase(updateId: string, worker: number | undefined): Float32Array {
    const base = worker === undefined ? undefined : bases.get(worker);
    if (worker === undefined || base === undefined) {
      throw new RangeError(`the weights that update ${updateId} started from are not known`);
    }
    bases.delete(worker);
    return base;
  }

  return {
    get version() {
      return version;
    },
    get held() {
      return deltas.size;
    },
    current: () => weights,
    given(worker) {
      if (correction !== null) bases.set(worker, weights);
    },
    hold(updateId, delta, worker) {
      if (deltas.has(updateId)) throw new RangeError(`the delta of update ${updateId} is held already`);
      if (delta.length !== weights.length) {
        throw new RangeError(
          `the delta of update ${updateId} has ${delta.length} elements, the model ${weights.length}`,
        );
      }
      deltas.set(updateId, { delta, base: correction === null ? null : takeBase(updateId, worker) });
    },
    drop: (updateId) => deltas.delete(updateId),
    commit(order) {
      if (order.version !== version + 1) {
        throw new RangeError(`a commit of version ${order.version} cannot follow version ${version}`);
      }
      const parts = order.contributions.map(({ updateId, weight, repeated }) => ({
        weight,
        repeated,
        ...heldDelta(updateId),
      }));
      const kept = new Set(order.kept);
      for (const updateId of kept) heldDelta(updateId);
      step.fill(0);
      for (const { weight, repeated, delta, base } of parts) {
        if (correction === null || base === null) {
          for (let i = 0; i < step.length; i++) step[i] = (step[i] ?? 0) + weight * (delta[i] ?? 0);
        } else {
          correction.apply(delta, weights, base, corrected, repeated);
          for (let i = 0; i < step.length; i++) step[i] = (step[i] ?? 0) + weight * (corrected[i] ?? 0);
        }
      }
      for (let i = 0; i < step.length; i++) step[i] = (step[i] ?? 0) * order.scale;
      for (const [from, to] of untrained) step.fill(0, from, to);
      const next = sharedVector(weights.length);
      optimizer.apply(weights, step, next);
      for (const range of untrained) average(parts, range, weights, next);
      if (!allFinite(next)) {
        const which = next.findIndex((weight) => !Number.isFinite(weight));
        const cause = 'updates, their weights, the correction or the server optimizer are too large';
        throw new StalewartError(
          'NON_FINITE',
          `version ${order.version}: weight ${which} is ${next[which]}: ${cause}`,
        );
      }
      weights = next;
      version = order.version;
      for (const { updateId } of order.contributions) if (!kept.has(updateId)) deltas.delete(updateId);
      return weights;
    },
    norm: (delta) => normOf(delta, untrained),
    sha256: () => createHash('sha256').update(littleEndianBytes(weights)).digest('hex'),
    state: () => ({
      version,
      weights,
      held: [...deltas].map(([updateId, held]) => ({ updateId, ...held })),
      bases: [...bases],
      optimizer: optimizer.state(),
      correction: correction === null ? null : correction.state(),
    }),
    restore(state) {
      const vectors = [state.weights, ...state.bases.map(([, base]) => base)];
      for (const { delta, base } of state.held) vectors.push(delta, base ?? state.weights);
      const other = vectors.find(({ length }) => length !== weights.length);
      if (other !== undefined) {
        throw new RangeError(`the stored weights have ${other.length} elements, the model ${weights.length}`);
      }
      if ((state.correction === null) !== (correction === null)) {
        const [had, has] = state.correction === null ? ['no', 'a'] : ['a', 'no'];
        throw new RangeError(`the stored state is with ${had} correction, the run has ${has}`);
      }
      const before = optimizer.state();
      optimizer.restore(state.optimizer);
      try {
        if (state.correction !== null) correction?.restore(state.correction);
      } catch (error) {
        optimizer.restore(before);
        throw error;
      }
      version = state.version;
      weights = state.weights;
      deltas.clear();
      for (const { updateId, delta, base } of state.held) deltas.set(updateId, { delta, base });
      bases.clear();
      for (const [worker, base] of state.bases) bases.set(worker, base);
    },
  };
}

type Held = Omit<HeldDelta, 'updateId'>;

interface Part {
  readonly weight: number;
  readonly delta: Float32Array;
}

/** The weighted mean; where all weights are 0, what there was before. */
function average(parts: readonly Part[], [from, to]: Range, current: Float32Array, next: Float32Array): void {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  for (let i = from; i < to; i++) {
    let sum = 0;
    for (const { weight, delta } of parts) sum += weight * (delta[i] ?? 0);
    next[i] = total === 0 ? (current[i] ?? 0) : sum / total;
  }
}

/** L2 norm, without the elements in these ranges. Summed in double precision. */
function normOf(vector: Float32Array, left: readonly Range[]): number {
  let sum = 0;
  let from = 0;
  for (const [start, end] of [...left, [vector.length, vector.length] as const]) {
    for (let i = from; i < start; i++) sum += (vector[i] ?? 0) ** 2;
    from = end;
  }
  return Math.sqrt(sum);
}

/** Whether no element is NaN or infinite. */
export function allFinite(vector: Float32Array): boolean {
  for (let i = 0; i < vector.length; i++) if (!Number.isFinite(vector[i])) return false;
  return true;
}
