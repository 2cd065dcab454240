/** How the training examples are divided among the workers, as the user writes it: one setting, `partition`. */

import { configError } from '../../errors.js';

export type PartitionSpec =
  | { readonly kind: 'iid' }
  /** Label skew: the smaller `alpha`, the fewer classes a worker has. */
  | { readonly kind: 'dirichlet'; readonly alpha: number }
  /** Label skew: so many runs of like labels for each worker. */
  | { readonly kind: 'shards'; readonly shardsPerWorker: number };

const allowed = 'iid, dirichlet:ALPHA (ALPHA > 0) or shards:C (C a positive integer)';

/** @throws StalewartError CONFIG naming the field `partition` */
export function parsePartition(text: string): PartitionSpec {
  const [kind, argument, ...rest] = text.trim().split(':');
  const number = argument === undefined || argument.trim() === '' ? Number.NaN : Number(argument);
  if (rest.length === 0) {
    if (kind === 'iid' && argument === undefined) {
      return { kind: 'iid' };
    }
    if (kind === 'dirichlet' && Number.isFinite(number) && number > 0) {
      return { kind: 'dirichlet', alpha: number };
    }
    if (kind === 'shards' && Number.isInteger(number) && number >= 1) {
      return { kind: 'shards', shardsPerWorker: number };
    }
  }
  throw configError('partition', text, allowed);
}

/** The inverse of `parsePartition`. */
export function formatPartition(spec: PartitionSpec): string {
  switch (spec.kind) {
    case 'iid':
      return 'iid';
    case 'dirichlet':
      return `dirichlet:${spec.alpha}`;
    case 'shards':
      return `shards:${spec.shardsPerWorker}`;
  }
}
