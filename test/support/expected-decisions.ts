/**
 * What the policy of a trace must have decided, worked out from its rules or from the formulas of the papers, without asking
 * the engine that is checked, nor the code of a registered policy.
 */
import type { Assign, Commit, EngineEvent, UpdateArrived, WorkerId } from '../../protocols/sync/events.js';
import type { Part, Policy, RestartMoment } from '../../protocols/sync/policy.js';
import { createPolicy, type Trace } from './arbitrary-runs.js';
import { type ExpectedPolicy, expectedPolicy } from './expected-policies.js';
import type { HeldEntry } from './held-books.js';
import { ofRound, partsAtWill, pausesAtWill, type RandomRules, restartsAtWill } from './random-policy.js';
import type { WorkerBooks } from './worker-books.js';

/** What there is when a decision is due. */
export interface Situation {
  /** Of the model. */
  readonly version: number;
  readonly workers: WorkerBooks;
  readonly held: readonly HeldEntry[];
  /** Tasks of the open round that overran their limit, by worker. */
  readonly overruns: ReadonlyMap<WorkerId, number>;
}

export class ExpectedDecisions {
  /** An uploader waits for the commit. */
  readonly countsWorkers: boolean;
  /** A round is not full by K^t, and K^t of a commit is what it applied. */
  readonly judgesItself: boolean;
  /** The policy as it is registered, whatever the engine that is checked was given. */
  readonly #policy: Policy;
  /** Null: the policy is registered. */
  readonly #rules: RandomRules | null;
  /** Null: the policy is random. */
  readonly #registered: ExpectedPolicy | null;

  constructor({ policy, settings }: Trace) {
    this.#policy = createPolicy(policy, settings);
    this.#rules = typeof policy === 'string' ? null : policy;
    this.#registered = typeof policy === 'string' ? expectedPolicy(policy, settings) : null;
    this.countsWorkers = this.#policy.counts !== 'mini-batches';
    this.judgesItself = this.#policy.isFull !== undefined || this.#policy.parts !== undefined;
  }

  /** τ_max of the commit that made this version, of K with N workers there. */
  bound(version: number, waitCount: number, available: number): number {
    if (this.#rules === null) return this.#registered?.bound?.(waitCount, available) ?? Infinity;
    return this.#rules.bounds === null ? Infinity : ofRound(this.#rules.bounds, version);
  }

  /** The largest staleness that this bound leaves. */
  largestStaleness(bound: number): number {
    return this.#policy.stalenessTest === 'gt' ? bound : bound - 1;
  }

  /** K^t of the open round; null: the policy's own tests say. */
  waitCount({ version, workers }: Situation): number | null {
    const { available } = workers;
    if (this.#rules === null) {
      const wanted = this.#registered?.waitCount?.(available) ?? null;
      return wanted === null || !this.countsWorkers ? wanted : Math.min(available, wanted);
    }
    const wanted = ofRound(this.#rules.waitCounts, version);
    if (Number.isNaN(wanted)) return 1;
    const most = wanted === Infinity || this.countsWorkers ? available : Infinity;
    return Math.min(most, Math.max(1, Math.ceil(wanted)));
  }

  /** Whether the open round has what it needs; null: the policy's own tests say. */
  isFull(situation: Situation): boolean | null {
    const { version, held, overruns } = situation;
    if (held.length === 0) return false;
    const own = this.#registered?.isFull?.(situation);
    if (own !== undefined) return own;
    const full = this.#rules?.full ?? null;
    if (full === null) {
      const wanted = this.waitCount(situation);
      return wanted === null ? null : held.length >= wanted;
    }
    const overran = [...overruns.values()].reduce((sum, count) => sum + count, 0);
    return held.length + overran >= ofRound(full, version);
  }

  /** What the commit of the open round applies; null: all that is held. */
  parts(situation: Situation): readonly Part[] | null {
    const rules = this.#rules?.parts ?? null;
    if (rules !== null) return partsAtWill(rules, situation.version, situation.held);
    return this.#registered?.parts?.(situation) ?? null;
  }

  /** Factor of the weighted sum. */
  scale({ contributions }: Commit): number {
    const own = this.#registered?.scale?.(contributions);
    return own ?? (this.#rules?.scale ?? 1) / contributions.length;
  }

  /** What an update of the living weighs; null: the policy refuses it. */
  weightOf(update: UpdateArrived, staleness: number): number | null {
    if (this.#rules === null) return this.#registered?.weight(staleness) ?? null;
    const { weights } = this.#rules;
    return weights === null ? 1 : ofRound(weights, update.attempt + update.worker);
  }

  /** Whether the policy has the worker wait. */
  pauses(worker: WorkerId, situation: Situation): boolean {
    const { version, held } = situation;
    if (this.#rules !== null) return pausesAtWill(this.#rules, version, worker, held.length);
    return this.#registered?.pauses?.(worker, situation) ?? false;
  }

  /** Time that the task may take; null: no limit. */
  limitOf({ worker, attempt }: Assign): number | null {
    const { limits = null } = this.#rules ?? {};
    if (limits !== null) return ofRound(limits, attempt + worker);
    return this.#registered?.limit ?? null;
  }

  /** A commit was made; the situation is that after it. */
  committed(commit: Commit, situation: Situation): void {
    this.#registered?.committed?.(commit, situation);
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
