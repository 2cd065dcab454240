/**
 * The run's policy with its state and what it sees: every hook with its default, so that the engine's rules ask as if each
 * were there. K^t is limited here to what workers can give, whatever number the policy names.
 */
import type { Commit, Contribution, UpdateArrived, WorkerId } from './events.js';
import type { Admission, Decision, Part, Policy, RestartMoment, RoundView, StalenessTest } from './policy.js';

export class PolicyAtWork<State> {
  state: State;
  /** Whether the policy bounds staleness. */
  readonly bounds: boolean;
  readonly countsMiniBatches: boolean;
  /** Whether K^t is how many contributions a round waits for; else it is how many the commit applied. */
  readonly countsToK: boolean;
  readonly stalenessTest: StalenessTest;
  readonly #policy: Policy<State>;
  readonly #view: RoundView;

  constructor(policy: Policy<State>, state: State, view: RoundView) {
    this.state = state;
    this.bounds = policy.maxStaleness !== undefined;
    this.countsMiniBatches = policy.counts === 'mini-batches';
    this.countsToK = policy.isFull === undefined && policy.parts === undefined;
    this.stalenessTest = policy.stalenessTest ?? 'ge';
    this.#policy = policy;
    this.#view = view;
  }

  /**
   * K^t of the open round: an integer, at least 1 and, where workers are counted, no more than there are to upload. Where that
   * is another number than the policy's, the reason says so.
   * @param available workers that are not gone for good
   */
  waitCount(available: number): Decision<number> {
    const { value, reason } = this.#policy.waitCount(this.state, this.#view);
    if (value === Infinity)
      return { value: available, reason: `${reason}, infinite: all ${available} workers` };
    const most = this.countsMiniBatches ? Infinity : available;
    if (value > most) return { value: most, reason: `${reason}, only ${most} workers` };
    if (!(value >= 1)) return { value: 1, reason: `${reason}, at least 1 instead of ${value}` };
    if (Number.isInteger(value)) return { value, reason };
    return { value: Math.ceil(value), reason: `${reason}, ${value} rounded up` };
  }

  /** Whether the open round has what it needs. */
  isFull(held: readonly Contribution[], available: number): boolean {
    const policy = this.#policy;
    if (policy.isFull === undefined) return held.length >= this.waitCount(available).value;
    return held.length > 0 && policy.isFull(this.state, this.#view);
  }

  /** Null: all that is held, as it was admitted. */
  parts(held: readonly Contribution[]): readonly Part[] | null {
    return this.#policy.parts?.(this.state, held, this.#view) ?? null;
  }

  /** Why the worker gets no work for now; null: it gets some. */
  pause(worker: WorkerId): string | null {
    return this.#policy.pause?.(this.state, worker, this.#view) ?? null;
  }

  /** While it is the same nobody who waits is to be asked again; null: it cannot be known. */
  waitsFor(): number | string | null {
    return this.#policy.waitsFor?.(this.state, this.#view) ?? null;
  }

  /** Of the work that is being given to the worker; null: none. */
  timeLimit(worker: WorkerId): number | null {
    return this.#policy.timeLimit?.(this.state, worker, this.#view) ?? null;
  }

  overran(worker: WorkerId): void {
    this.state = this.#policy.overran?.(this.state, worker, this.#view) ?? this.state;
  }

  admit(update: UpdateArrived, staleness: number): Admission {
    return this.#policy.admit?.(this.state, update, staleness, this.#view) ?? counts;
  }

  scale(contributions: readonly Contribution[]): number {
    return this.#policy.scale?.(this.state, contributions, this.#view) ?? 1 / contributions.length;
  }

  /** τ_max^t of a round with this K^t. */
  maxStaleness(waitCount: number): number {
    return this.#policy.maxStaleness?.(this.state, waitCount, this.#view) ?? Infinity;
  }

  committed(commit: Commit): void {
    this.state = this.#policy.committed?.(this.state, commit, this.#view) ?? this.state;
  }

  /** Those who must restart now, each with the reason. */
  restarts(moment: RestartMoment): ReadonlyMap<WorkerId, string> {
    const restarts = this.#policy.restarts?.(this.state, this.#view, moment) ?? [];
    return restarts.length === 0 ? nobody : new Map(restarts.map(({ worker, reason }) => [worker, reason]));
  }
}

const counts: Admission = { accept: true, weight: 1, reason: 'counts' };

const nobody: ReadonlyMap<WorkerId, string> = new Map();
