/**
 * The contributions that are held, as a parameter store would know them: what came in, which of it has been applied, and what
 * must stay. Part of the books of `trace-checks.ts`.
 */
import assert from 'node:assert/strict';
import type { Accumulate, Commit, Discard, EngineEvent, WorkerId } from '../../protocols/sync/events.js';
import type { Part } from '../../protocols/sync/policy.js';

export interface HeldEntry {
  readonly updateId: string;
  readonly worker: WorkerId;
  readonly baseVersion: number;
  /** That it was admitted with. */
  readonly weight: number;
  /** It has had a part in a commit, which kept it. */
  applied: boolean;
}

export class HeldBooks {
  /** In the order in which they came. */
  entries: HeldEntry[] = [];
  readonly #accumulated = new Set<string>();

  accumulate({ updateId, worker, weight }: Accumulate, baseVersion: number): void {
    // (1)
    assert.ok(!this.#accumulated.has(updateId), `${updateId} was accumulated before`);
    this.#accumulated.add(updateId);
    this.entries.push({ updateId, worker, baseVersion, weight, applied: false });
  }

  has(updateId: string): boolean {
    return this.entries.some((entry) => entry.updateId === updateId);
  }

  /** One that was held is given up. */
  discard({ updateId, reason }: Discard, { type }: EngineEvent): void {
    const index = this.entries.findIndex((entry) => entry.updateId === updateId);
    const [entry] = index < 0 ? [] : this.entries.splice(index, 1);
    assert.ok(entry !== undefined, `${updateId} was discarded but not held`);
    const lost = type === 'worker-lost' || type === 'worker-joined' ? 'worker-lost' : 'run-over';
    const allowed = lost === 'worker-lost' ? [lost, 'run-over'] : [lost];
    const wanted = entry.applied ? ['released'] : allowed;
    assert.ok(wanted.includes(reason), `${updateId} is given up as ${reason}, not ${wanted.join(' or ')}`);
  }

  /**
   * What goes into the commit is what is held, in its order, as the policy has it.
   * @param parts null: all of it, and nothing stays
   * @param version of the model that it is added to
   */
  commit({ contributions, kept = [] }: Commit, parts: readonly Part[] | null, version: number): void {
    const all = this.entries.map(({ updateId, weight }) => ({ updateId, weight, keep: false }));
    const partOf = new Map((parts ?? all).map((part) => [part.updateId, part]));
    const wanted = this.entries.flatMap(({ updateId, worker, baseVersion, applied }) => {
      const part = partOf.get(updateId);
      const staleness = version - baseVersion;
      return part === undefined
        ? []
        : [{ updateId, worker, staleness, weight: part.weight, repeated: applied }];
    });
    // (1) Each held update is committed once, unless it is kept, in the order in which it came.
    assert.deepEqual(
      contributions.map(({ updateId, worker, staleness, weight, repeated = false }) => ({
        updateId,
        worker,
        staleness,
        weight,
        repeated,
      })),
      wanted,
      'a commit holds exactly what was accumulated',
    );
    const keeps = wanted.filter(({ updateId }) => partOf.get(updateId)?.keep === true);
    assert.deepEqual(
      [...kept],
      keeps.map(({ updateId }) => updateId),
      'a commit keeps exactly what the policy wants',
    );
    this.entries = this.entries.flatMap((entry) => {
      const part = partOf.get(entry.updateId);
      if (part === undefined) return [entry];
      return part.keep ? [{ ...entry, applied: true }] : [];
    });
  }
}
