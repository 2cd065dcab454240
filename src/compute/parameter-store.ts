/**
 * The global weights and the deltas that wait to be added to them. It carries out what the round engine orders and
 * decides nothing: w ← w + scale · Σ weight · delta (eq. 3 of arXiv 2301.08895), summed in the order given, in double
 * precision, rounded once. Weights that no gradient moves become the weighted mean of what the workers have. So the same commits give the same weights bit for bit: live, simulated and replayed.
 */
import { createHash } from 'node:crypto';
import { littleEndianBytes } from './little-endian.js';
import type { Range } from './untrained.js';
import { sharedVector } from '../memory/shared-memory.js';

/** What is used of the engine's `commit` effect. */
export interface CommitOrder {
  /** The version that this commit makes: the current one + 1. */
  readonly version: number;
  readonly contributions: readonly { readonly updateId: string; readonly weight: number }[];
  readonly scale: number;
}

/** What the server does with a round's step. Plain averaging adds it. */
export interface ServerOptimizer {
  /**
   * Writes all elements of `next`.
   * @param step scale · Σ weight · delta; valid during the call only
   */
  apply(current: Float32Array, step: Float64Array, next: Float32Array): void;
}

export const plainAveraging: ServerOptimizer = {
  apply(current, step, next) {
    for (let i = 0; i < next.length; i++) next[i] = (current[i] ?? 0) + (step[i] ?? 0);
  },
};

export interface ParameterStoreOptions {
  /** Version of the initial weights. Default: 0. */
  readonly version?: number;
  /** Default: `plainAveraging`. */
  readonly optimizer?: ServerOptimizer;
  /** Weights that no gradient moves: of them, deltas hold values. Default: none. */
  readonly untrained?: readonly Range[];
}

export interface ParameterStore {
  readonly version: number;
  /** Deltas held. */
  readonly held: number;
  /** The global weights, over a SharedArrayBuffer: a snapshot that is never written again, so it may be kept. */
  current(): Float32Array;
  /**
   * Keeps the delta, by reference, for a later commit.
   * @throws RangeError if it has the wrong length, or the id is held already
   */
  hold(updateId: string, delta: Float32Array): void;
  /** Releases the delta. @returns whether it was held */
  drop(updateId: string): boolean;
  /**
   * Makes the next version and releases the deltas that went into it; others stay held.
   * @returns the new weights, as `current()` gives them
   * @throws RangeError, and changes nothing, if the version is not the next one or a contribution is not held
   */
  commit(order: CommitOrder): Float32Array;
  /** SHA-256 of the weights as little-endian float32, hex. */
  sha256(): string;
}

/** @param initial copied */
export function createParameterStore(
  initial: Float32Array,
  options: ParameterStoreOptions = {},
): ParameterStore {
  const optimizer = options.optimizer ?? plainAveraging;
  const untrained = options.untrained ?? [];
  const deltas = new Map<string, Float32Array>();
  const step = new Float64Array(initial.length);
  let version = options.version ?? 0;
  let weights = sharedVector(initial.length);
  weights.set(initial);

  function heldDelta(updateId: string): Float32Array {
    const delta = deltas.get(updateId);
    if (delta === undefined) throw new RangeError(`the delta of update ${updateId} is not held`);
    return delta;
  }

  return {
    get version() {
      return version;
    },
    get held() {
      return deltas.size;
    },
    current: () => weights,
    hold(updateId, delta) {
      if (deltas.has(updateId)) throw new RangeError(`the delta of update ${updateId} is held already`);
      if (delta.length !== weights.length) {
        throw new RangeError(
          `the delta of update ${updateId} has ${delta.length} elements, the model ${weights.length}`,
        );
      }
      deltas.set(updateId, delta);
    },
    drop: (updateId) => deltas.delete(updateId),
    commit(order) {
      if (order.version !== version + 1) {
        throw new RangeError(`a commit of version ${order.version} cannot follow version ${version}`);
      }
      const parts = order.contributions.map(({ updateId, weight }) => ({
        weight,
        delta: heldDelta(updateId),
      }));
      step.fill(0);
      for (const { weight, delta } of parts) {
        for (let i = 0; i < step.length; i++) step[i] = (step[i] ?? 0) + weight * (delta[i] ?? 0);
      }
      for (let i = 0; i < step.length; i++) step[i] = (step[i] ?? 0) * order.scale;
      for (const [from, to] of untrained) step.fill(0, from, to);
      const next = sharedVector(weights.length);
      optimizer.apply(weights, step, next);
      for (const range of untrained) average(parts, range, weights, next);
      weights = next;
      version = order.version;
      for (const { updateId } of order.contributions) deltas.delete(updateId);
      return weights;
    },
    sha256: () => createHash('sha256').update(littleEndianBytes(weights)).digest('hex'),
  };
}

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

/** Whether no element is NaN or infinite. */
export function allFinite(vector: Float32Array): boolean {
  for (let i = 0; i < vector.length; i++) if (!Number.isFinite(vector[i])) return false;
  return true;
}
