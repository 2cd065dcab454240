/**
 * Who is given work, whose work is cancelled, who waits, and that nobody is forgotten. Part of the checks of `trace-checks.ts`.
 */
import assert from 'node:assert/strict';
import type {
  Assign,
  Cancel,
  Effect,
  EngineEvent,
  Pause,
  Schedule,
  WorkerId,
} from '../../protocols/sync/events.js';
import type { ExpectedDecisions, Situation } from './expected-decisions.js';
import { type WorkerBooks, type WorkerEntry, works } from './worker-books.js';

/** The books, as far as they are read here. */
export interface Ledger {
  readonly version: number;
  readonly over: boolean;
  readonly workers: WorkerBooks;
  readonly expected: ExpectedDecisions;
  readonly situation: Situation;
  /** U. */
  readonly localSteps: number;
  /** Largest staleness that the bound of the commit before leaves. */
  readonly largestStaleness: number;
}

export class WorkChecks {
  /** Tasks of the open round that overran their limit, by worker. */
  readonly overruns = new Map<WorkerId, number>();
  readonly #books: Ledger;
  readonly #attempts = new Map<WorkerId, number>();
  #turns = 0;
  /** Whether everybody goes on in this turn because nothing else would happen. */
  #goOn = false;

  constructor(books: Ledger) {
    this.#books = books;
  }

  /** Another turn. */
  begin(): void {
    this.#turns += 1;
    this.#goOn = false;
  }

  /** Attempts that a random policy names for a restart once this event is dealt with, if it closes no round. */
  namedByPolicy(event: EngineEvent): ReadonlyMap<WorkerId, number> {
    const named = new Map<WorkerId, number>();
    if (this.#books.over) return named;
    for (const [worker, entry] of this.#books.workers) {
      const { assigned } = entry;
      if (
        assigned !== null &&
        works(entry) &&
        this.#books.expected.restartsAfter(event, this.#books.version, worker)
      )
        named.set(worker, assigned.attempt);
    }
    return named;
  }

  namedAreRestarted(named: ReadonlyMap<WorkerId, number>, effects: readonly Effect[]): void {
    // Dead updates are turned away before the policy is asked; a commit changes the version, and so who is named.
    if (effects.some(({ type }) => type === 'commit')) return;
    const heard = effects.every(
      (effect) => effect.type !== 'discard' || effect.reason === 'refused-by-policy',
    );
    if (!heard) return;
    for (const [worker, attempt] of named) {
      const entry = this.#books.workers.get(worker);
      const goesOn = entry?.assigned?.attempt === attempt && !entry.answered;
      assert.ok(!goesOn, `worker ${worker} was named by the policy and not restarted`);
    }
  }

  /** Whose unfinished work is over its time limit with this event. */
  overrun(event: EngineEvent): WorkerId | null {
    if (event.type !== 'deadline-passed' || this.#books.over) return null;
    for (const [worker, entry] of this.#books.workers) {
      const { assigned } = entry;
      if (assigned !== null && works(entry) && event.deadline === `task:${worker}:${assigned.attempt}`)
        return worker;
    }
    return null;
  }

  assign(effect: Assign, event: EngineEvent, next: Effect | undefined): void {
    const entry = this.#books.workers.get(effect.worker);
    assert.ok(entry?.status === 'living', `worker ${effect.worker} is given work, but is not there`);
    assert.equal(effect.incarnation, entry.incarnation, 'work for a dead incarnation');
    assert.equal(effect.version, this.#books.version, 'work from an old version');
    assert.equal(effect.localSteps, this.#books.localSteps);
    // A worker is interrupted only by a cancel, which clears `assigned`.
    assert.ok(!works(entry), `worker ${effect.worker} had work already`);
    assert.ok(!entry.waits, `worker ${effect.worker} has to wait for the commit`);
    assert.equal(effect.reason === 'resumed', entry.paused, `worker ${effect.worker} was not paused, or was`);
    this.#mayGoOn(effect, event, entry);
    assert.ok(effect.attempt > (this.#attempts.get(effect.worker) ?? 0), 'attempts rise');
    this.#attempts.set(effect.worker, effect.attempt);
    Object.assign(entry, { assigned: effect, answered: false, paused: false, assignedIn: this.#turns });
    entry.base = effect.version;
    const limited = next?.type === 'schedule' && next.deadline.startsWith('task:');
    const limit = this.#books.expected.limitOf(effect);
    assert.equal(limited, limit !== null, `the time limit of worker ${effect.worker} is ${limit}`);
  }

  /** The policy does not have it wait; or nobody works, and nobody is to come. */
  #mayGoOn({ worker, reason }: Assign, event: EngineEvent, { limited }: WorkerEntry): void {
    const asked = reason === 'refreshed' || reason === 'pulled' || reason === 'resumed';
    const refused = reason === 'refused' && event.type === 'update-arrived' && event.finite;
    const overran = reason === 'restarted' && limited;
    if (!(asked || refused || overran) || !this.#books.expected.pauses(worker, this.#books.situation)) return;
    assert.equal(reason, 'resumed', `worker ${worker} goes on, but is to wait`);
    this.#goOn ||= this.#books.workers.stand;
    assert.ok(this.#goOn, `worker ${worker} is to wait for others who work`);
  }

  cancel(effect: Cancel, event: EngineEvent, next: Effect | undefined): void {
    const entry = this.#books.workers.get(effect.worker);
    assert.ok(
      entry !== undefined && works(entry) && entry.assigned !== null,
      `worker ${effect.worker} has nothing to cancel`,
    );
    assert.equal(effect.attempt, entry.assigned.attempt, 'the last attempt is cancelled');
    assert.equal(effect.incarnation, entry.incarnation);
    assert.equal(effect.staleness, this.#books.version - entry.assigned.version);
    assert.ok(entry.assignedIn < this.#turns, `worker ${effect.worker} was given that work just now`);
    entry.assigned = null;
    entry.limited =
      event.type === 'deadline-passed' && event.deadline === `task:${effect.worker}:${effect.attempt}`;
    if (entry.limited) {
      this.overruns.set(effect.worker, (this.overruns.get(effect.worker) ?? 0) + 1);
      return;
    }
    const atWill = this.#books.expected.mayRestart(this.#books.version, effect.worker);
    const allowed = atWill || effect.staleness > this.#books.largestStaleness;
    assert.ok(allowed, 'a worker within the bound was restarted');
    assert.ok(next?.type === 'assign' && next.worker === effect.worker, 'new work follows a cancel');
  }

  pause({ worker }: Pause): void {
    const entry = this.#books.workers.get(worker);
    assert.ok(entry?.status === 'living', `worker ${worker} is paused, but is not there`);
    assert.ok(!works(entry), `worker ${worker} is paused in its work`);
    assert.ok(!entry.waits && !entry.paused, `worker ${worker} waits already`);
    assert.ok(
      this.#books.expected.pauses(worker, this.#books.situation),
      `worker ${worker} is paused for nothing`,
    );
    entry.paused = true;
  }

  /** The time limit of the work that has just been given. */
  limit({ deadline, at }: Schedule, { time }: EngineEvent, before: Effect | undefined): void {
    assert.ok(before?.type === 'assign', `${deadline} limits no work`);
    assert.equal(deadline, `task:${before.worker}:${before.attempt}`, 'the limit of other work');
    assert.equal(at - time, this.#books.expected.limitOf(before), `the limit of ${deadline}`);
  }

  /**
   * Each living worker has work that it has not answered, or has uploaded and waits for the commit, or is paused because the
   * policy wants it; and nobody is paused where nothing else would ever happen. What is held comes from the living.
   */
  nobodyIsForgotten(): void {
    for (const [worker, entry] of this.#books.workers) {
      if (entry.status !== 'living') continue;
      const { assigned, waits, paused } = entry;
      const isAtWork = works(entry);
      if (assigned !== null && isAtWork) {
        const staleness = this.#books.version - assigned.version;
        assert.ok(staleness <= this.#books.largestStaleness, `worker ${worker} should have been restarted`);
      }
      const states = [isAtWork, waits, paused].filter(Boolean).length;
      assert.ok(states === 1, `worker ${worker} ${states > 1 ? 'works and waits' : 'is forgotten'}`);
      if (!paused) continue;
      assert.ok(
        this.#books.expected.pauses(worker, this.#books.situation),
        `worker ${worker} is still paused`,
      );
      assert.ok(!this.#books.workers.stand, 'all are paused, and nobody works');
    }
    for (const { updateId, worker } of this.#books.situation.held) {
      const entry = this.#books.workers.get(worker);
      const lives = entry?.status === 'living' && updateId.startsWith(`${worker}.${entry.incarnation}.`);
      assert.ok(lives, `${updateId} is held, but its worker is dead`);
    }
  }
}
