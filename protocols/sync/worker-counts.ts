/**
 * A number for each worker, for the states of policies: plain JSON that is never changed. A change makes a new tree that shares
 * all with the old one but the lists on the way to the worker, so it costs the logarithm of the number of workers, and so does
 * looking one up. (A copy of a list or an object of all workers with every update would be most of the work of a large fleet.)
 */
import type { WorkerId } from './events.js';

type Tree = readonly (number | Tree | null)[];

export interface WorkerCounts {
  /** Workers that there is room for: a power of 32. */
  readonly room: number;
  /** Lists of 32: at the last level the numbers, null where there is none. */
  readonly tree: Tree;
}

const width = 32;

export const noCounts: WorkerCounts = { room: width, tree: [] };

/** Null: none was set. */
export function countOf({ room, tree }: WorkerCounts, worker: WorkerId): number | null {
  if (worker >= room) return null;
  let list = tree;
  for (let span = room / width; ; span /= width) {
    const next = list[Math.floor(worker / span) % width] ?? null;
    if (next === null || typeof next === 'number') return next;
    list = next;
  }
}

/** The same with this number for the worker. */
export function withCount(counts: WorkerCounts, worker: WorkerId, count: number): WorkerCounts {
  if (worker < counts.room)
    return { ...counts, tree: changed(counts.tree, counts.room / width, worker, count) };
  return withCount({ room: counts.room * width, tree: [counts.tree] }, worker, count);
}

function changed(list: Tree, span: number, worker: WorkerId, count: number): Tree {
  const at = Math.floor(worker / span) % width;
  const copy = [...list];
  while (copy.length < at) copy.push(null);
  const below = copy[at] ?? null;
  copy[at] = span === 1 ? count : changed(Array.isArray(below) ? below : [], span / width, worker, count);
  return copy;
}
