/**
 * The promises of the round engine, checked on a trace of events and effects. The checker keeps books of its own and never
 * looks at the engine's state: what it knows is what workers, parameter store and journal would know.
 *
 * Numbers in comments are those of the promises: (1) at most once, never from the dead; (2) versions and wait counts;
 * (3) bounded staleness.
 */
import assert from 'node:assert/strict';
import type { Accumulate, Commit, Discard, Effect, EngineEvent } from '../../protocols/sync/events.js';
import type { Trace } from './arbitrary-runs.js';
import { ExpectedDecisions, type Situation } from './expected-decisions.js';
import { HeldBooks } from './held-books.js';
import { type Ledger, WorkChecks } from './work-checks.js';
import { WorkerBooks } from './worker-books.js';

/** @throws AssertionError naming the first promise that the trace breaks */
export function checkTrace(trace: Trace): Books {
  const books = new Books(trace);
  for (const { event, effects } of trace.steps) books.turn(event, effects);
  return books;
}

class Books implements Ledger {
  version = 0;
  over = false;
  readonly workers: WorkerBooks;
  readonly expected: ExpectedDecisions;
  /** Largest staleness that the bound of the commit before leaves. */
  largestStaleness = Infinity;
  readonly #trace: Trace;
  readonly #held = new HeldBooks();
  readonly #work = new WorkChecks(this);
  /** Round deadline that is to come, by its name; whether that of the open round has passed. */
  #deadline: string | null = null;
  #overdue = false;
  #isOpen = false;

  constructor(trace: Trace) {
    this.#trace = trace;
    this.expected = new ExpectedDecisions(trace);
    this.workers = new WorkerBooks(trace.options.workers);
  }

  turn(event: EngineEvent, effects: readonly Effect[]): void {
    const wasOver = this.over;
    this.#work.begin();
    const named = this.#work.namedByPolicy(event);
    const overrun = this.#work.overrun(event);
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
      this.#effect(effect, event, effects.slice(index + 1), effects[index - 1]);
    }
    if (wasOver) {
      const late = effects.filter(({ type }) => type !== 'ignore' && type !== 'discard');
      assert.deepEqual(late, [], 'something was done after the run was over');
    }
    if (this.over) assert.deepEqual(this.#held.entries, [], 'the run is over, but updates are still held');
    else {
      assert.ok(!this.workers.allWait, 'everybody waits for a commit that never comes');
      this.#work.nobodyIsForgotten();
      this.#work.namedAreRestarted(named, effects);
      this.#closesInTime(event, effects, overrun !== null);
      const isHalted = effects.some((effect) => effect.type === 'cancel' && effect.worker === overrun);
      assert.ok(overrun === null || isHalted, `worker ${overrun} works on after its time limit`);
    }
  }

  /** U. */
  get localSteps(): number {
    return this.#trace.options.localSteps;
  }

  get situation(): Situation {
    const { version, workers } = this;
    return { version, workers, held: this.#held.entries, overruns: this.#work.overruns };
  }

  #happened(event: EngineEvent): void {
    if (this.over) return;
    if (event.type === 'deadline-passed' && event.deadline === this.#deadline) this.#overdue = true;
    this.workers.happened(event);
  }

  #effect(effect: Effect, event: EngineEvent, rest: readonly Effect[], before: Effect | undefined): void {
    const [next] = rest;
    switch (effect.type) {
      case 'accumulate':
        reasoned(effect.reason);
        return this.#accumulate(effect, event);
      case 'discard':
        reasoned(effect.detail);
        return this.#discard(effect, event);
      case 'commit':
        reasoned(effect.reason);
        return this.#commit(
          effect,
          rest.every(({ type }) => type !== 'finish'),
        );
      case 'assign':
        reasoned(effect.reason);
        return this.#work.assign(effect, event, next);
      case 'cancel':
        reasoned(effect.reason);
        return this.#work.cancel(effect, event, next);
      case 'pause':
        reasoned(effect.reason);
        return this.#work.pause(effect);
      case 'schedule':
        if (effect.deadline.startsWith('task:')) return this.#work.limit(effect, event, before);
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
    this.#held.accumulate(effect, event.baseVersion);
    // (1)
    const entry = this.workers.answering(event);
    assert.ok(entry !== null, `${effect.updateId} comes from the dead`);
    assert.ok(event.finite, `${effect.updateId} is not finite`);
    assert.ok(!entry.answered, `${effect.updateId} was answered before`);
    entry.answered = true;
    entry.waits = this.expected.countsWorkers;
    // (3)
    assert.equal(effect.staleness, this.version - event.baseVersion);
    assert.ok(
      effect.staleness <= this.largestStaleness,
      `${effect.updateId}: staleness ${effect.staleness} is more than ${this.largestStaleness}`,
    );
    assert.equal(effect.worker, event.worker);
    const wanted = this.expected.weightOf(event, effect.staleness) ?? NaN;
    const right = Math.abs(effect.weight - wanted) <= 1e-12;
    assert.ok(right, `the weight of ${effect.updateId} is ${effect.weight}, not ${wanted}`);
  }

  #discard(effect: Discard, event: EngineEvent): void {
    if (event.type !== 'update-arrived' || event.updateId !== effect.updateId)
      return this.#held.discard(effect, event);
    const entry = this.workers.answering(event);
    const ownId = event.updateId === `${event.worker}.${event.incarnation}.${event.attempt}`;
    const living = entry !== null && ownId && !entry.answered && !this.over;
    const refused = effect.reason === 'refused-by-policy' || effect.reason === 'non-finite';
    assert.equal(living, refused, `${effect.updateId} was refused as ${effect.reason}`);
    if (effect.reason === 'refused-by-policy')
      assert.equal(this.expected.weightOf(event, this.version - event.baseVersion), null, 'it was admitted');
    if (entry !== null && refused) entry.answered = true;
  }

  #commit(commit: Commit, goesOn: boolean): void {
    const { contributions, waitCount, degraded, maxStaleness } = commit;
    const { available } = this.workers;
    const expected = this.expected;
    const situation = this.situation;
    // (2)
    assert.equal(commit.version, this.version + 1, 'versions rise by 1');
    assert.ok(Number.isInteger(waitCount) && waitCount >= 1, `a wait count of ${waitCount}`);
    if (degraded === null) {
      assert.equal(contributions.length, waitCount, 'a full round has K contributions');
      assert.ok(expected.isFull(situation) !== false, 'closed before it was full');
    } else {
      reasoned(degraded);
      const stood = expected.judgesItself && this.workers.allWait;
      assert.ok(this.#overdue || stood, 'degraded before its deadline');
      const waits = this.#trace.options.whenShort === 'wait' && !stood && !expected.judgesItself;
      const there =
        this.workers.living >= (expected.countsWorkers ? (expected.waitCount(situation) ?? 1) : 1);
      assert.ok(!waits || there, 'degraded while workers are missing');
      assert.ok(contributions.length >= 1 && contributions.length < waitCount, 'degraded means too few');
      const full = !expected.judgesItself && expected.isFull(situation) === true;
      assert.ok(!full, 'degraded, though it was full');
    }
    if (!expected.judgesItself) {
      if (expected.countsWorkers) {
        assert.ok(waitCount <= available, `waits for ${waitCount} of ${available} workers`);
        const contributors = new Set(contributions.map(({ worker }) => worker));
        assert.equal(contributors.size, contributions.length, 'distinct workers');
      }
      const k = expected.waitCount(situation);
      if (k !== null) assert.equal(waitCount, k, 'the wait count is not what the policy says');
    }
    const parts = expected.parts(situation);
    // The last commit keeps nothing.
    const wanted = goesOn ? parts : (parts?.map((part) => ({ ...part, keep: false })) ?? null);
    this.#held.commit(commit, wanted, this.version);
    this.version = commit.version;
    this.#overdue = false;
    this.#deadline = null;
    this.#isOpen = false;
    this.#work.overruns.clear();
    for (const [, entry] of this.workers) entry.waits = false;
    const mean = contributions.reduce((sum, { loss }) => sum + loss, 0) / contributions.length;
    assert.equal(commit.loss, mean, 'the loss is the mean of the contributions');
    assert.ok(Math.abs(commit.scale - expected.scale(commit)) < 1e-12, 'the contributions are averaged');
    // (3)
    const bound = expected.bound(this.version, waitCount, available);
    assert.equal(maxStaleness, bound === Infinity ? null : bound, 'τ_max is not what the settings say');
    this.largestStaleness = expected.largestStaleness(bound);
    this.#stalenessVector(commit);
    expected.committed(commit, this.situation);
  }

  /** A round that is full does not stay open, nor one that has contributions after its deadline. */
  #closesInTime(event: EngineEvent, effects: readonly Effect[], overran: boolean): void {
    const mayWait = this.#trace.options.whenShort === 'wait';
    const late = !mayWait && this.#overdue && this.#held.entries.some(({ applied }) => !applied);
    assert.ok(!late, 'a round is kept open with contributions after its deadline');
    const types = new Set(effects.map(({ type }) => type));
    const looks = types.has('accumulate') || (event.type === 'worker-lost' && !types.has('ignore'));
    if (types.has('commit') || !(looks || overran)) return;
    assert.ok(this.expected.isFull(this.situation) !== true, 'a full round is kept open');
  }

  /** τ_k of the living is the number of versions since the model that they were given last. */
  #stalenessVector(commit: Commit): void {
    const living = [...this.workers].filter(([, { status }]) => status === 'living');
    assert.deepEqual(
      [...commit.staleness].sort(([a], [b]) => a - b),
      living.map(([worker, { base }]) => [worker, this.version - base]).sort(([a = 0], [b = 0]) => a - b),
      'the staleness vector',
    );
  }
}

function reasoned(reason: string): void {
  assert.ok(reason.trim().length > 0, 'a decision without a reason');
}
