/**
 * Ringleader ASGD (arXiv 2509.22860), for workers whose data differ: every step uses something of every worker, and no update
 * is discarded. A table is filled until each worker has given at least one update. Then come N steps, one for each worker:
 * the first with the update that filled the table, the others with the next update of a worker that has not made its step yet.
 * Each is over the whole table with that update in it: the mean over workers of the mean of each one's updates. What a worker
 * gives after its step is for the next table.
 *
 * So an update takes part in several steps: it stays held until its table is done (`keep`).
 */
import type { Contribution, WorkerId } from '../events.js';
import type { PolicyDefinition, RoundView } from '../policy.js';

interface Table {
  /** Updates of the table that steps are being made with; none while it is being filled. */
  readonly updates: readonly string[];
  /** Workers that have made their step with it. */
  readonly stepped: readonly WorkerId[];
}

const empty: Table = { updates: [], stepped: [] };

export const ringleader: PolicyDefinition = {
  name: 'ringleader',
  title: 'Ringleader ASGD',
  summary: 'a table with updates of every worker, then one step over all of it for each worker',
  source: 'arXiv 2509.22860',
  uses: [],
  counts: 'mini-batches',
  create: () => ({
    name: 'ringleader',
    counts: 'mini-batches',
    initial: () => empty,
    waitCount: (_table, { workers }) => ({ value: workers, reason: 'a table with updates of all workers' }),
    isFull(table: Table, view) {
      const last = view.contributions.at(-1);
      // What was in a step before makes no other by itself.
      if (last === undefined || last.repeated) return false;
      if (table.updates.length === 0) return coversAll(view);
      // Where those who had not made their step are gone for good, any update makes the last one.
      return !table.stepped.includes(last.worker) || isLastStep(table.stepped, view);
    },
    parts(table: Table, held, view) {
      const used = usedNow(table, held);
      const last = held.at(-1);
      const keep = last !== undefined && !isLastStep([...table.stepped, last.worker], view);
      const counts = new Map<WorkerId, number>();
      for (const { worker } of used) counts.set(worker, (counts.get(worker) ?? 0) + 1);
      return used.map(({ updateId, worker }) => ({ updateId, weight: 1 / (counts.get(worker) ?? 1), keep }));
    },
    scale: (_table: Table, used) => 1 / new Set(used.map(({ worker }) => worker)).size,
    committed(table: Table, { contributions, kept }): Table {
      const last = contributions.at(-1);
      if (last === undefined || kept === undefined) return empty;
      return { updates: kept, stepped: [...table.stepped, last.worker] };
    },
  }),
};

/** The table, with the update that has just come; while it was being filled that is all there is. */
function usedNow(table: Table, held: readonly Contribution[]): readonly Contribution[] {
  if (table.updates.length === 0) return held;
  const inTable = new Set(table.updates);
  return held.filter(({ updateId }, index) => inTable.has(updateId) || index === held.length - 1);
}

/** Nobody who is gone has a contribution. */
function coversAll({ workers, contributors }: RoundView): boolean {
  return contributors >= workers;
}

function isLastStep(stepped: readonly WorkerId[], { members }: RoundView): boolean {
  const made = new Set(stepped);
  return members.every(({ worker, status }) => status === 'gone' || made.has(worker));
}
