/**
 * What the policy of a trace must have decided, worked out from its rules or from the formulas of the papers, without asking
 * the engine that is checked.
 */
import type { EngineEvent, UpdateArrived, WorkerId } from '../../protocols/sync/events.js';
import type { Policy, RestartMoment } from '../../protocols/sync/policy.js';
import type { PolicySettings } from '../../protocols/sync/settings.js';
import { createPolicy, type Trace } from './arbitrary-runs.js';
import { ofRound, type RandomRules, restartsAtWill } from './random-policy.js';

/** τ_max after a commit with K of N workers, by the formulas of the papers; the other registered policies have none. */
const bounds: Readonly<Record<string, (settings: PolicySettings, k: number, n: number) => number>> = {
  'k-sync': () => 1,
  abs: ({ threshold, a, maxStaleness = Infinity }, k, n) => {
    const rules = {
      'floor-a-over-k': Math.floor(a / k),
      'ceil-a-over-k': Math.ceil(a / k),
      'floor-an-over-k': Math.floor((a * n) / k),
      constant: maxStaleness,
    };
    return Math.max(1, rules[threshold]);
  },
};

export class ExpectedDecisions {
  /** An uploader waits for the commit. */
  readonly countsWorkers: boolean;
  /** Factor of the mean of the contributions. */
  readonly scale: number;
  readonly #trace: Trace;
  /** The policy as it is registered, whatever the engine that is checked was given. */
  readonly #policy: Policy;
  /** Null: the policy is registered. */
  readonly #rules: RandomRules | null;

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#policy = createPolicy(trace.policy, trace.settings);
    this.#rules = typeof trace.policy === 'string' ? null : trace.policy;
    this.countsWorkers = this.#policy.counts !== 'mini-batches';
    this.scale = this.#rules?.scale ?? 1;
  }

  /** τ_max of the commit that made this version, of K with N workers there. */
  bound(version: number, waitCount: number, available: number): number {
    const { policy, settings } = this.#trace;
    if (typeof policy === 'string') return bounds[policy]?.(settings, waitCount, available) ?? Infinity;
    return policy.bounds === null ? Infinity : ofRound(policy.bounds, version);
  }

  /** The largest staleness that this bound leaves. */
  largestStaleness(bound: number): number {
    return this.#policy.stalenessTest === 'gt' ? bound : bound - 1;
  }

  /** K^t of the round after this version by the rules of a random policy; null: the tests of registered policies say. */
  waitCount(version: number, available: number): number | null {
    if (this.#rules === null) return null;
    const wanted = ofRound(this.#rules.waitCounts, version);
    if (Number.isNaN(wanted)) return 1;
    if (wanted === Infinity || this.countsWorkers) {
      return Math.min(available, Math.max(1, Math.ceil(wanted)));
    }
    return Math.max(1, Math.ceil(wanted));
  }

  /** What an update of the living weighs; null: the policy refuses it. */
  weightOf(update: UpdateArrived): number | null {
    const weights = this.#rules?.weights ?? null;
    return weights === null ? 1 : ofRound(weights, update.attempt + update.worker);
  }

  /** Whether the policy may have named the worker for a restart, at whatever moment. */
  mayRestart(version: number, worker: WorkerId): boolean {
    const moments = ['commit', 'update', 'deadline'] as const;
    return moments.some((moment) => this.#restarts(moment, version, worker));
  }

  /** Whether the policy names the worker once this event is dealt with, if it closes no round. */
  restartsAfter({ type }: EngineEvent, version: number, worker: WorkerId): boolean {
    if (type === 'update-arrived') return this.#restarts('update', version, worker);
    return type === 'deadline-passed' && this.#restarts('deadline', version, worker);
  }

  #restarts(moment: RestartMoment, version: number, worker: WorkerId): boolean {
    return this.#rules !== null && restartsAtWill(this.#rules, moment, version, worker);
  }
}
