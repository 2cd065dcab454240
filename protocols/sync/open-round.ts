/**
 * The open round: the contributions that it holds, and the deadline at which it closes with fewer than K^t. What it holds is
 * committed in the order of arrival, or discarded with a reason; nothing leaves it otherwise.
 */
import type { EffectList } from './effect-list.js';
import type { EngineState } from './engine-state.js';
import type { Contribution, Time, UpdateArrived, WorkerId } from './events.js';

export class OpenRound {
  contributions: Contribution[];
  openedAt: Time | null;
  /** Its deadline passed while it held nothing: the first contribution closes it. */
  overdue: boolean;
  readonly #deadline: number | null;
  readonly #effects: EffectList;

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
    this.#effects.push({ type: 'accumulate', updateId, worker, staleness, weight, reason });
  }

  /** All that it holds, for the commit. */
  take(): readonly Contribution[] {
    const taken = this.contributions;
    this.contributions = [];
    return taken;
  }

  /** A lost worker's uploads do not count. */
  dropFrom(worker: WorkerId, why: string): void {
    const dropped = this.contributions.filter((c) => c.worker === worker);
    if (dropped.length === 0) return;
    this.contributions = this.contributions.filter((c) => c.worker !== worker);
    for (const { updateId } of dropped) this.#effects.discard(updateId, worker, 'worker-lost', why);
  }

  /** The run is over before the round is. */
  discardAll(why: string): void {
    for (const { updateId, worker } of this.take()) this.#effects.discard(updateId, worker, 'run-over', why);
  }
}

function deadlineName(version: number): string {
  return `round:${version}`;
}
