/**
 * The open round: the contributions that it holds, and the deadline at which it closes with fewer than K^t. What it holds is
 * committed in the order of arrival, or discarded with a reason; nothing leaves it otherwise. A policy may leave contributions
 * for later commits, or keep some that were applied.
 */
import type { EffectList } from './effect-list.js';
import type { EngineState } from './engine-state.js';
import type { Contribution, Time, UpdateArrived, WorkerId } from './events.js';
import type { Part } from './policy.js';

export class OpenRound {
  contributions: Contribution[];
  openedAt: Time | null;
  /** Its deadline passed while it held nothing, or while it was to wait for workers: the next contribution closes it. */
  overdue: boolean;
  readonly #deadline: number | null;
  readonly #effects: EffectList;
  /** How many of its contributions are of each worker; null: nobody has asked since others than the last one changed. */
  #byWorker: Map<WorkerId, number> | null = null;

  /** @param deadline time units after its opening; null: none */
  constructor(state: EngineState, deadline: number | null, effects: EffectList) {
    this.contributions = [...state.contributions];
    this.openedAt = state.openedAt;
    this.overdue = state.overdue;
    this.#deadline = deadline;
    this.#effects = effects;
  }

  /** The round that makes `version + 1`. */
  open(version: number, time: Time): void {
    this.openedAt = time;
    this.overdue = false;
    if (this.#deadline === null) return;
    const deadline = deadlineName(version);
    this.#effects.push({ type: 'schedule', deadline, at: time + this.#deadline });
  }

  /** Whether this is the deadline of the round that makes `version + 1`, and it has not passed yet. */
  awaits(deadline: string, version: number): boolean {
    const awaited = this.#deadline !== null && this.openedAt !== null && !this.overdue;
    return awaited && deadline === deadlineName(version);
  }

  hold(update: UpdateArrived, staleness: number, weight: number, reason: string): void {
    const { updateId, worker, baseVersion, loss, firstLoss, steps, samples } = update;
    const held = { updateId, worker, baseVersion, staleness, weight, loss, firstLoss, steps, samples };
    this.contributions.push(held);
    this.#byWorker?.set(worker, this.heldOf(worker) + 1);
    this.#effects.push({ type: 'accumulate', updateId, worker, staleness, weight, reason });
  }

  heldOf(worker: WorkerId): number {
    return this.#counts().get(worker) ?? 0;
  }

  /** Of how many workers it has a contribution. */
  get contributors(): number {
    return this.#counts().size;
  }

  /** How many of its contributions have had no part in a commit. */
  get fresh(): number {
    return this.contributions.reduce((count, { repeated }) => (repeated ? count : count + 1), 0);
  }

  /**
   * What is applied by the commit, in the order in which it came.
   * @param parts of the policy; null: all that is held, with the weights that it was admitted with
   * @param version of the model that it is added to
   * @param keeps false: the run ends with this commit, and nothing is kept
   */
  take(
    parts: readonly Part[] | null,
    { version, keeps }: { readonly version: number; readonly keeps: boolean },
  ): {
    readonly applied: readonly Contribution[];
    readonly kept: readonly string[];
  } {
    const held = this.contributions;
    this.contributions = [];
    this.#byWorker = null;
    if (parts === null) return { applied: held, kept: [] };
    const byId = new Map(parts.map((part) => [part.updateId, part]));
    const applied: Contribution[] = [];
    const kept: string[] = [];
    for (const contribution of held) {
      const part = byId.get(contribution.updateId);
      if (part !== undefined) {
        const staleness = version - contribution.baseVersion;
        applied.push({ ...contribution, staleness, weight: part.weight });
      }
      const keep = keeps && part?.keep === true;
      if (keep) kept.push(contribution.updateId);
      if (part === undefined) this.contributions.push(contribution);
      else if (keep)
        this.contributions.push(contribution.repeated ? contribution : { ...contribution, repeated: true });
    }
    return { applied, kept };
  }

  /** A lost worker's uploads do not count. */
  dropFrom(worker: WorkerId, why: string): void {
    const dropped = this.contributions.filter((c) => c.worker === worker);
    if (dropped.length === 0) return;
    this.#byWorker = null;
    this.contributions = this.contributions.filter((c) => c.worker !== worker);
    for (const { updateId, repeated } of dropped) {
      this.#effects.discard(updateId, worker, repeated ? 'released' : 'worker-lost', why);
    }
  }

  /** The run is over before the round is. */
  discardAll(why: string): void {
    const left = this.contributions;
    this.contributions = [];
    this.#byWorker = null;
    for (const { updateId, worker, repeated } of left) {
      this.#effects.discard(updateId, worker, repeated ? 'released' : 'run-over', why);
    }
  }

  #counts(): Map<WorkerId, number> {
    if (this.#byWorker !== null) return this.#byWorker;
    const counts = new Map<WorkerId, number>();
    for (const { worker } of this.contributions) counts.set(worker, (counts.get(worker) ?? 0) + 1);
    this.#byWorker = counts;
    return counts;
  }
}

function deadlineName(version: number): string {
  return `round:${version}`;
}
