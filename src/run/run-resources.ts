/**
 * Where a run gets its data set and its compute pool from. A single run has its own; the runs of a comparison share what is
 * the same for them, so that a data set is loaded once and threads are started again only when what they hold changes.
 *
 * Invariant: what is shared is exactly what the run would have made for itself: everything that it is made from is compared.
 */
import type { Compute } from '../compute/compute.js';
import { type ComputeOptions, createCompute } from '../compute/compute-pool.js';
import type { Dataset } from '../data/dataset.js';
import { loadDataset } from '../data/load-dataset.js';
import { datasetNames } from '../config/known-names.js';
import { isSynthetic } from '../data/synthetic.js';

export interface RunResources {
  readonly loadDataset: typeof loadDataset;
  /** Its `close` is called when the run ends. */
  readonly createCompute: (options: ComputeOptions) => Promise<Compute>;
}

/** Made for the run that asks. */
export const ownResources: RunResources = { loadDataset, createCompute };

export interface SharedResources extends RunResources {
  /** The threads are not to be used again, after an error in them. */
  renew(): Promise<void>;
  /** Ends the threads. */
  close(): Promise<void>;
}

interface SharedPool {
  readonly options: ComputeOptions;
  readonly compute: Compute;
}

/** For runs one after the other. @param own what makes them; default: `ownResources` */
export function shareResources(own: RunResources = ownResources): SharedResources {
  let data: { readonly key: readonly unknown[]; readonly dataset: Dataset } | null = null;
  let pool: SharedPool | null = null;
  let warn: (message: string) => void = () => undefined;

  const close = async (): Promise<void> => {
    const { compute } = pool ?? {};
    pool = null;
    await compute?.close();
  };

  return {
    async loadDataset(source, options = {}) {
      const { seed, dataDir } = options;
      // The public ones are the same for all seeds.
      const isPublic = typeof source === 'string' && !isSynthetic(source) && datasetNames.includes(source);
      const key = [source, dataDir, isPublic ? null : seed];
      if (data === null || key.some((part, index) => part !== data?.key[index])) {
        data = null;
        data = { key, dataset: await own.loadDataset(source, options) };
      }
      return data.dataset;
    },
    async createCompute(options) {
      warn = options.warn ?? (() => undefined);
      if (pool === null || !sameOptions(pool.options, options)) {
        await close();
        const compute = await own.createCompute({ ...options, warn: (message) => warn(message) });
        pool = { options, compute };
      }
      return { ...pool.compute, close: () => Promise.resolve() };
    },
    renew: close,
    close,
  };
}

function sameOptions(one: ComputeOptions, other: ComputeOptions): boolean {
  const { partitions, warn: _, signal: _signal, ...rest } = one;
  const { partitions: otherPartitions, warn: _other, signal: _otherSignal, ...otherRest } = other;
  const names = new Set([...Object.keys(rest), ...Object.keys(otherRest)]);
  const valueOf = (options: object, name: string): unknown =>
    Object.entries(options).find(([key]) => key === name)?.[1];
  return (
    [...names].every((name) => valueOf(rest, name) === valueOf(otherRest, name)) &&
    partitions.length === otherPartitions.length &&
    partitions.every((partition, worker) => sameArrays(partition, otherPartitions[worker]))
  );
}

function sameArrays(one: ArrayLike<number>, other: ArrayLike<number> | undefined): boolean {
  if (one.length !== other?.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
