/**
 * The promises of the round engine, checked on a trace of events and effects. The checker keeps books of its own and never
 * looks at the engine's state: what it knows is what workers, parameter store and journal would know.
 *
 * Numbers in comments are those of the promises: (1) at most once, never from the dead; (2) versions and wait counts;
 * (3) bounded staleness.
 */
import assert from 'node:assert/strict';
import type {
  Accumulate,
  Assign,
  Cancel,
  Commit,
  Discard,
  Effect,
  EngineEvent,
  WorkerId,
} from '../../protocols/sync/events.js';
import type { Trace } from './arbitrary-runs.js';
import { ExpectedDecisions } from './expected-decisions.js';
import { WorkerBooks } from './worker-books.js';

/** @throws AssertionError naming the first promise that the trace breaks */
export function checkTrace(trace: Trace): Books {
  const books = new Books(trace);
  for (const { event, effects } of trace.steps) books.turn(event, effects);
  return books;
}

export class Books {
  version = 0;
  over = false;
  readonly workers: WorkerBooks;
  /** Accumulated for the open round, in order. */
  held: Accumulate[] = [];
  readonly commits: Commit[] = [];
  readonly #trace: Trace;
  readonly #expected: ExpectedDecisions;
  readonly #accumulated = new Set<string>();
  readonly #attempts = new Map<WorkerId, number>();
  /** Largest staleness that the bound of the commit before leaves. */
  #largestStaleness = Infinity;
  #turns = 0;
  /** Round deadline that is to come, by its name; whether that of the open round has passed. */
  #deadline: string | null = null;
  #overdue = false;
  #isOpen = false;

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#expected = new ExpectedDecisions(trace);
    this.workers = new WorkerBooks(trace.options.workers);
  }

  turn(event: EngineEvent, effects: readonly Effect[]): void {
    const wasOver = this.over;
    this.#turns += 1;
    const named = this.#namedByPolicy(event);
    this.#happened(event);
    if (event.type === 'update-arrived') {
      const verdicts = effects.filter(
        (effect) =>
          (effect.type === 'accumulate' || effect.type === 'discard') && effect.updateId === event.updateId,
      );
      assert.equal(verdicts.length, 1, `${event.updateId} was decided about ${verdicts.length} times`);
    }
    for (const [index, effect] of effects.entries()) {
      assert.ok(!this.over || wasOver, `${effect.type} after the end`);
      this.#effect(effect, event, effects[index + 1]);
    }
    if (wasOver) {
      const late = effects.filter(({ type }) => type !== 'ignore' && type !== 'discard');
      assert.deepEqual(late, [], 'something was done after the run was over');
    }
    if (this.over) assert.deepEqual(this.held, [], 'the run is over, but updates are still held');
    else {
      this.#nobodyIsForgotten();
      this.#namedAreRestarted(named, effects);
      const late = this.#overdue && this.held.length > 0;
      assert.ok(!late, 'a round is kept open with contributions after its deadline');
    }
  }

  #happened(event: EngineEvent): void {
    if (this.over) return;
    if (event.type === 'deadline-passed' && event.deadline === this.#deadline) this.#overdue = true;
    this.workers.happened(event);
  }

  #effect(effect: Effect, event: EngineEvent, next: Effect | undefined): void {
    switch (effect.type) {
      case 'accumulate':
        reasoned(effect.reason);
        return this.#accumulate(effect, event);
      case 'discard':
        reasoned(effect.detail);
        return this.#discard(effect, event);
      case 'commit':
        reasoned(effect.reason);
        return this.#commit(effect);
      case 'assign':
        reasoned(effect.reason);
        return this.#assign(effect);
      case 'cancel':
        reasoned(effect.reason);
        return this.#cancel(effect, next);
      case 'schedule':
        assert.equal(effect.at, event.time + (this.#trace.options.roundDeadline ?? NaN), 'the deadline');
        assert.ok(this.#deadline !== effect.deadline, 'a deadline is asked for twice');
        assert.ok(!this.#isOpen, 'a deadline in the middle of a round');
        this.#deadline = effect.deadline;
        this.#isOpen = true;
        return;
      case 'ignore':
        reasoned(effect.reason);
        assert.equal(effect.event, event.type);
        return;
      case 'fail':
        reasoned(effect.reason);
        if (effect.code === 'no-workers') assert.equal(this.workers.available, 0, 'there are still workers');
        else assert.ok(event.type === 'update-arrived' && !event.finite, 'nothing was non-finite');
        this.over = true;
        return;
      case 'finish':
        reasoned(effect.reason);
        this.over = true;
    }
  }

  #accumulate(effect: Accumulate, event: EngineEvent): void {
    assert.ok(
      event.type === 'update-arrived' && event.updateId === effect.updateId,
      'no such update arrived',
    );
    // (1)
    assert.ok(!this.#accumulated.has(effect.updateId), `${effect.updateId} was accumulated before`);
    this.#accumulated.add(effect.updateId);
    const entry = this.workers.answering(event);
    assert.ok(entry !== null, `${effect.updateId} comes from the dead`);
    assert.ok(event.finite, `${effect.updateId} is not finite`);
    assert.ok(!entry.answered, `${effect.updateId} was answered before`);
    entry.answered = true;
    // (3)
    assert.equal(effect.staleness, this.version - event.baseVersion);
    assert.ok(
      effect.staleness <= this.#largestStaleness,
      `${effect.updateId}: staleness ${effect.staleness} is more than ${this.#largestStaleness}`,
    );
    assert.equal(effect.worker, event.worker);
    assert.equal(effect.weight, this.#expected.weightOf(event), `the weight of ${effect.updateId}`);
    this.held.push(effect);
  }

  #discard(effect: Discard, event: EngineEvent): void {
    const held = this.held.findIndex(({ updateId }) => updateId === effect.updateId);
    if (event.type === 'update-arrived' && event.updateId === effect.updateId) {
      const entry = this.workers.answering(event);
      const ownId = event.updateId === `${event.worker}.${event.incarnation}.${event.attempt}`;
      const living = entry !== null && ownId && !entry.answered && !this.over;
      const refused = effect.reason === 'refused-by-policy' || effect.reason === 'non-finite';
      assert.equal(living, refused, `${effect.updateId} was refused as ${effect.reason}`);
      if (effect.reason === 'refused-by-policy')
        assert.equal(this.#expected.weightOf(event), null, 'it was admitted');
      if (entry !== null && refused) entry.answered = true;
    } else {
      assert.ok(held >= 0, `${effect.updateId} was discarded but not held`);
      this.held.splice(held, 1);
    }
  }

  #commit(commit: Commit): void {
    const { contributions, waitCount, degraded, maxStaleness } = commit;
    // (2)
    assert.equal(commit.version, this.version + 1, 'versions rise by 1');
    const { available } = this.workers;
    const wanted = this.#expected.waitCount(this.version, available);
    this.version = commit.version;
    this.commits.push(commit);
    assert.ok(Number.isInteger(waitCount) && waitCount >= 1, `a wait count of ${waitCount}`);
    if (wanted !== null) assert.equal(waitCount, wanted, 'the wait count is not what the policy says');
    const distinct = this.#expected.countsWorkers;
    if (distinct) assert.ok(waitCount <= available, `waits for ${waitCount} of ${available} workers`);
    if (degraded === null) assert.equal(contributions.length, waitCount, 'a full round has K contributions');
    else {
      reasoned(degraded);
      assert.ok(this.#overdue, 'degraded before its deadline');
      assert.ok(contributions.length >= 1 && contributions.length < waitCount, 'degraded means too few');
    }
    const contributors = new Set(contributions.map(({ worker }) => worker));
    if (distinct) assert.equal(contributors.size, contributions.length, 'distinct workers');
    // (1) Each held update is committed once, in the order in which it came.
    assert.deepEqual(
      contributions.map(({ updateId, worker, staleness, weight }) => ({
        updateId,
        worker,
        staleness,
        weight,
      })),
      this.held.map(({ updateId, worker, staleness, weight }) => ({ updateId, worker, staleness, weight })),
      'a commit holds exactly what was accumulated',
    );
    this.held = [];
    this.#overdue = false;
    this.#deadline = null;
    this.#isOpen = false;
    const mean = contributions.reduce((sum, { loss }) => sum + loss, 0) / contributions.length;
    assert.equal(commit.loss, mean, 'the loss is the mean of the contributions');
    const averaged = Math.abs(commit.scale * contributions.length - this.#expected.scale) < 1e-12;
    assert.ok(averaged, 'the contributions are averaged');
    // (3)
    const bound = this.#expected.bound(this.version, waitCount, available);
    assert.equal(maxStaleness, bound === Infinity ? null : bound, 'τ_max is not what the settings say');
    this.#largestStaleness = this.#expected.largestStaleness(bound);
    this.#stalenessVector(commit);
  }

  /** Attempts that a random policy names for a restart once this event is dealt with, if it closes no round. */
  #namedByPolicy(event: EngineEvent): ReadonlyMap<WorkerId, number> {
    const named = new Map<WorkerId, number>();
    if (this.over) return named;
    for (const [worker, { status, assigned, answered }] of this.workers) {
      const works = status === 'living' && assigned !== null && !answered;
      if (works && this.#expected.restartsAfter(event, this.version, worker))
        named.set(worker, assigned.attempt);
    }
    return named;
  }

  #namedAreRestarted(named: ReadonlyMap<WorkerId, number>, effects: readonly Effect[]): void {
    // Dead updates are turned away before the policy is asked; a commit changes the version, and so who is named.
    if (effects.some(({ type }) => type === 'commit')) return;
    const heard = effects.every(
      (effect) => effect.type !== 'discard' || effect.reason === 'refused-by-policy',
    );
    if (!heard) return;
    for (const [worker, attempt] of named) {
      const entry = this.workers.get(worker);
      const works = entry?.assigned?.attempt === attempt && !entry.answered;
      assert.ok(!works, `worker ${worker} was named by the policy and not restarted`);
    }
  }

  /** τ_k of the living is the number of versions since the model that they compute from. */
  #stalenessVector(commit: Commit): void {
    const living = [...this.workers].filter(([, { status }]) => status === 'living');
    assert.deepEqual(
      [...commit.staleness].sort(([a], [b]) => a - b),
      living
        .map(([worker, { assigned }]) => [worker, this.version - (assigned?.version ?? this.version)])
        .sort(([a = 0], [b = 0]) => a - b),
      'the staleness vector',
    );
  }

  #assign(effect: Assign): void {
    const entry = this.workers.get(effect.worker);
    assert.ok(entry?.status === 'living', `worker ${effect.worker} is given work, but is not there`);
    assert.equal(effect.incarnation, entry.incarnation, 'work for a dead incarnation');
    assert.equal(effect.version, this.version, 'work from an old version');
    assert.equal(effect.localSteps, this.#trace.options.localSteps);
    // A worker is interrupted only by a cancel, which clears `assigned`.
    assert.ok(entry.assigned === null || entry.answered, `worker ${effect.worker} had work already`);
    const waits = this.#expected.countsWorkers && this.#holds(effect.worker);
    assert.ok(!waits, `worker ${effect.worker} has to wait for the commit`);
    assert.ok(effect.attempt > (this.#attempts.get(effect.worker) ?? 0), 'attempts rise');
    this.#attempts.set(effect.worker, effect.attempt);
    entry.assigned = effect;
    entry.answered = false;
    entry.assignedIn = this.#turns;
  }

  #cancel(effect: Cancel, next: Effect | undefined): void {
    const entry = this.workers.get(effect.worker);
    assert.ok(entry?.assigned != null && !entry.answered, `worker ${effect.worker} has nothing to cancel`);
    assert.equal(effect.attempt, entry.assigned.attempt, 'the last attempt is cancelled');
    assert.equal(effect.incarnation, entry.incarnation);
    assert.equal(effect.staleness, this.version - entry.assigned.version);
    const atWill = this.#expected.mayRestart(this.version, effect.worker);
    const allowed = atWill || effect.staleness > this.#largestStaleness;
    assert.ok(allowed, 'a worker within the bound was restarted');
    assert.ok(entry.assignedIn < this.#turns, `worker ${effect.worker} was given that work just now`);
    assert.ok(next?.type === 'assign' && next.worker === effect.worker, 'new work follows a cancel');
    entry.assigned = null;
  }

  /** Each living worker either has work that it has not answered, or holds an update in the open round. */
  #nobodyIsForgotten(): void {
    for (const [worker, { status, assigned, answered }] of this.workers) {
      if (status !== 'living') continue;
      const works = assigned !== null && !answered;
      if (works) {
        const staleness = this.version - assigned.version;
        assert.ok(staleness <= this.#largestStaleness, `worker ${worker} should have been restarted`);
      }
      const waits = this.#expected.countsWorkers && this.#holds(worker);
      assert.ok(works !== waits, `worker ${worker} ${works ? 'works and waits' : 'is forgotten'}`);
    }
  }

  #holds(worker: WorkerId): boolean {
    return this.held.some((update) => update.worker === worker);
  }
}

function reasoned(reason: string): void {
  assert.ok(reason.trim().length > 0, 'a decision without a reason');
}
