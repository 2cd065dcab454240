/** What policies see of the open round: always the present, and nothing that can be set. */
import type { EngineState } from './engine-state.js';
import type { Contribution, Time, WorkerId } from './events.js';
import type { Member, RoundView } from './policy.js';

/** The engine, as far as the view looks. */
type Viewed = Omit<EngineState, 'policy'> & {
  readonly time: Time;
  /** How many workers are not gone for good. */
  readonly available: number;
  readonly contributors: number;
  heldOf(worker: WorkerId): number;
};

export class LiveView implements RoundView {
  readonly #engine: Viewed;

  constructor(engine: Viewed) {
    this.#engine = engine;
  }

  get time(): Time {
    return this.#engine.time;
  }

  get version(): number {
    return this.#engine.version;
  }

  get workers(): number {
    return Math.max(1, this.#engine.available);
  }

  get members(): readonly Member[] {
    return this.#engine.members;
  }

  get contributions(): readonly Contribution[] {
    return this.#engine.contributions;
  }

  get contributors(): number {
    return this.#engine.contributors;
  }

  heldOf(worker: WorkerId): number {
    return this.#engine.heldOf(worker);
  }

  get openedAt(): Time | null {
    return this.#engine.openedAt;
  }
}
