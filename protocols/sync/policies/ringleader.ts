/**
 * Ringleader ASGD (arXiv 2509.22860), for workers whose data differ: every step uses something of every worker, and no update
 * is discarded. A table is filled until each worker has given at least one update. Then come N steps, one for each worker:
 * the first with the update that filled the table, the others with the next update of a worker that has not made its step yet.
 * Each is over the whole table with that update in it: the mean over workers of the mean of each one's updates. What a worker
 * gives after its step is for the next table.
 *
 * So an update takes part in several steps: it stays held until its table is done (`keep`).
 */
import type { WorkerId } from '../events.js';
import type { PolicyDefinition, RoundView } from '../policy.js';
import { countOf, noCounts, withCount, type WorkerCounts } from '../worker-counts.js';

interface Table {
  /** Whether steps are being made with it; else it is being filled. What is in it has been in a step before. */
  readonly isFilled: boolean;
  /** 1 for each worker that has made its step with it. */
  readonly stepped: WorkerCounts;
  /** Somebody who had not, and was not gone, after the last step: while that is so, there is no need to look at the others. */
  readonly awaited: WorkerId;
}

const empty: Table = { isFilled: false, stepped: noCounts, awaited: 0 };

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
      if (!table.isFilled) return coversAll(view);
      // Where those who had not made their step are gone for good, any update makes the last one.
      return countOf(table.stepped, last.worker) === null || nextAwaited(table, view) === null;
    },
    parts(table: Table, held, view) {
      const last = held.at(-1);
      const keep = last !== undefined && nextAwaited(afterStep(table, last.worker), view) !== null;
      const used = table.isFilled ? held.filter((update) => update.repeated || update === last) : held;
      const counts = new Map<WorkerId, number>();
      for (const { worker } of used) counts.set(worker, (counts.get(worker) ?? 0) + 1);
      return used.map(({ updateId, worker }) => ({ updateId, weight: 1 / (counts.get(worker) ?? 1), keep }));
    },
    scale: (_table: Table, used) => 1 / new Set(used.map(({ worker }) => worker)).size,
    committed(table: Table, { contributions, kept }, view): Table {
      const last = contributions.at(-1);
      if (last === undefined || kept === undefined) return empty;
      const after = afterStep(table, last.worker);
      return { ...after, awaited: nextAwaited(after, view) ?? after.awaited };
    },
  }),
};

/** Nobody who is gone has a contribution. */
function coversAll({ workers, contributors }: RoundView): boolean {
  return contributors >= workers;
}

function afterStep({ stepped, awaited }: Table, worker: WorkerId): Table {
  return { isFilled: true, stepped: withCount(stepped, worker, 1), awaited };
}

/**
 * A worker whose step with the table is still to come; null: there is none. It looks on from the last one that there was, so
 * that in all steps of a table each worker is passed a few times.
 */
function nextAwaited({ stepped, awaited }: Table, { members }: RoundView): WorkerId | null {
  for (let step = 0; step < members.length; step += 1) {
    const worker = (awaited + step) % members.length;
    if (members[worker]?.status !== 'gone' && countOf(stepped, worker) === null) return worker;
  }
  return null;
}
