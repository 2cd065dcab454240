/**
 * The round engine at work: what each event does to the state, rule by rule, and the effects gathered on the way. It changes
 * its state in place, and an event costs what it changes, whatever the number of workers (but for the staleness vector, where
 * it is asked for); `round-engine.ts` makes a pure function of it.
 *
 * Order within a commit (arXiv 2301.08895): the model is updated and every τ_k grows by 1; the next round opens; then all
 * uploaders and all workers whose τ_k meets the bound receive the new model, the latter with their unfinished work cancelled.
 */
import { Assignments } from './assignments.js';
import { EffectList } from './effect-list.js';
import type { EngineOptions, EngineState } from './engine-state.js';
import type {
  Commit,
  Contribution,
  DeadlinePassed,
  Effect,
  EngineEvent,
  StopRequested,
  Time,
  UpdateArrived,
  WorkerId,
  WorkerJoined,
  WorkerLost,
} from './events.js';
import { fence } from './fence.js';
import { LiveView } from './live-view.js';
import type { MemberRecord } from './member.js';
import { whyJoinIsVoid, whyLossIsVoid } from './membership.js';
import { judgeNonFinite } from './non-finite.js';
import { hopelessPolicy, isHopeless } from './fruitless.js';
import { OpenRound } from './open-round.js';
import type { Member, RestartMoment } from './policy.js';
import { PolicyAtWork } from './policy-at-work.js';
import { Roster } from './roster.js';
import { RunStatus } from './run-status.js';
import { taskOfDeadline } from './task-deadline.js';

export class Engine<State = unknown> implements EngineState<State> {
  version: number;
  refusedInRow: number;
  fruitlessInRow: number;
  /** Of the event in hand. */
  time: Time = 0;
  readonly #options: EngineOptions<State>;
  readonly #effects = new EffectList();
  readonly #run: RunStatus;
  readonly #round: OpenRound;
  readonly #roster: Roster;
  readonly #assignments: Assignments;
  readonly #policy: PolicyAtWork<State>;

  /** Goes on from `state`, which it leaves as it is. */
  constructor(options: EngineOptions<State>, state: EngineState<State>) {
    this.#options = options;
    this.version = state.version;
    this.refusedInRow = state.refusedInRow ?? 0;
    this.fruitlessInRow = state.fruitlessInRow ?? 0;
    this.#policy = new PolicyAtWork(options.policy, state.policy, new LiveView(this));
    this.#run = new RunStatus(state, this.#effects);
    this.#round = new OpenRound(state, options.roundDeadline ?? null, this.#effects);
    this.#roster = new Roster(state.members, this, this.#policy.bounds);
    this.#assignments = new Assignments(this.#policy, this.#roster, this.#effects, this, options);
  }

  get status(): EngineState['status'] {
    return this.#run.status;
  }

  get statusReason(): string {
    return this.#run.reason;
  }

  get policy(): State {
    return this.#policy.state;
  }

  get openedAt(): Time | null {
    return this.#round.openedAt;
  }

  get overdue(): boolean {
    return this.#round.overdue;
  }

  get contributions(): readonly Contribution[] {
    return this.#round.contributions;
  }

  get contributors(): number {
    return this.#round.contributors;
  }

  heldOf(worker: WorkerId): number {
    return this.#round.heldOf(worker);
  }

  get members(): readonly Member[] {
    return this.#roster.members;
  }

  /** How many workers are not gone for good. */
  get available(): number {
    return this.#roster.available;
  }

  /** What the event means. */
  advance(event: EngineEvent): readonly Effect[] {
    this.time = event.time;
    this.#effects.begin();
    this.#assignments.begin();
    if (this.#run.isOver) this.#afterTheEnd(event);
    else this.#take(event);
    if (!this.#run.isOver) this.#goOn();
    return this.#effects.all;
  }

  /** No run stands still: where nobody computes and nobody is to come, the round closes with what it has, and who waits goes on. */
  #goOn(): void {
    if (this.#roster.allWait && this.contributions.length > 0) {
      this.#close('every worker has uploaded, and the policy does not call the round full');
    }
    if (!this.#run.isOver) this.#assignments.resume();
  }

  toJSON(): EngineState<State> {
    return this.state();
  }

  /** The state as it is now, in plain JSON. */
  state(): EngineState<State> {
    const { status, statusReason, version, openedAt, overdue, refusedInRow, fruitlessInRow, policy } = this;
    return {
      status,
      statusReason,
      version,
      openedAt,
      overdue,
      members: this.#roster.members.map((member) => member.plain()),
      contributions: [...this.contributions],
      refusedInRow,
      fruitlessInRow,
      policy,
    };
  }

  #take(event: EngineEvent): void {
    switch (event.type) {
      case 'worker-joined':
        return this.#workerJoined(event);
      case 'worker-lost':
        return this.#workerLost(event);
      case 'update-arrived':
        return this.#updateArrived(event);
      case 'deadline-passed':
        return this.#deadlinePassed(event);
      case 'stop-requested':
        return this.#stopRequested(event);
    }
  }

  #afterTheEnd(event: EngineEvent): void {
    if (event.type !== 'update-arrived') return this.#effects.ignore(event.type, this.statusReason);
    this.#effects.discard(event.updateId, event.worker, 'run-over', this.statusReason);
  }

  #workerJoined(event: WorkerJoined): void {
    const { worker, incarnation } = event;
    const maxWorkers = Math.max(this.#options.workers, this.#options.maxWorkers ?? defaultMaxWorkers);
    const known = this.#roster.members[worker];
    const why = whyJoinIsVoid(event, known, maxWorkers);
    if (why !== null) return this.#effects.ignore(event.type, why);
    const member = known ?? this.#roster.add(worker);
    this.#round.dropFrom(worker, `incarnation ${incarnation} took its place`);
    this.#roster.join(member, incarnation);
    if (this.openedAt === null) this.#round.open(this.version, this.time);
    this.#assignments.assign(member, 'joined');
  }

  #workerLost(event: WorkerLost): void {
    const { worker, incarnation, reason, returns } = event;
    const member = this.#roster.members[worker];
    const why = whyLossIsVoid(event, member);
    if (why !== null || member === undefined) return this.#effects.ignore(event.type, why ?? '');
    this.#round.dropFrom(worker, reason);
    this.#roster.leave(member, returns ? 'lost' : 'gone', incarnation);
    if (this.available > 0) return this.#closeIfFull();
    if (this.#options.staysWithoutWorkers === true) return;
    this.#round.discardAll('no worker is left');
    this.#run.fail('no-workers', `no worker is left: worker ${worker} was the last (${reason})`);
  }

  #updateArrived(update: UpdateArrived): void {
    const { worker, updateId } = update;
    const member = this.#roster.members[worker];
    const dead = fence(update, member);
    if (dead !== null || member === undefined) {
      const { reason, detail } = dead ?? { reason: 'unknown-worker', detail: '' };
      return this.#effects.discard(updateId, worker, reason, detail);
    }
    if (!update.finite) return this.#nonFinite(update, member);
    this.refusedInRow = 0;
    const staleness = this.version - update.baseVersion;
    const admission = this.#policy.admit(update, staleness);
    if (!admission.accept) {
      this.#fruitless('admit');
      this.#effects.discard(updateId, worker, 'refused-by-policy', admission.reason);
      this.#roster.rest(member, this.time);
      this.#assignments.give(member, 'refused');
      return this.#restart('update');
    }
    this.fruitlessInRow = 0;
    this.#roster.rest(member, this.time);
    this.#round.hold(update, staleness, admission.weight, admission.reason);
    const overdue = this.overdue;
    const version = this.version;
    this.#closeIfFull();
    if (overdue && this.version === version && !this.#waitsForWorkers()) {
      const { roundDeadline } = this.#options;
      const first = this.#round.fresh === 1 ? 'first' : 'next';
      this.#close(`the ${first} contribution after the deadline of ${roundDeadline}${this.#shortage()}`);
    }
    const goesOn = this.#policy.countsMiniBatches && this.#roster.idle.has(member);
    if (goesOn && !this.#run.isOver) this.#assignments.give(member, 'pulled');
    this.#restart('update');
  }

  #deadlinePassed({ deadline }: DeadlinePassed): void {
    const task = taskOfDeadline(deadline);
    if (task !== null && this.#assignments.halt(task)) this.#overran(task.worker);
    else if (this.#round.awaits(deadline, this.version)) {
      const count = this.#round.fresh;
      const after = `after the deadline of ${this.#options.roundDeadline}${this.#shortage()}`;
      if (count > 0 && !this.#waitsForWorkers())
        this.#close(`${count} contribution${count === 1 ? '' : 's'} ${after}`);
      else this.#round.overdue = true;
    } else {
      this.#effects.ignore('deadline-passed', `${deadline} is no longer awaited`);
    }
    this.#restart('deadline');
  }

  /** Nothing came of a task, by the policy's will. @throws PolicyError where nothing ever does */
  #fruitless(hook: 'admit' | 'timeLimit'): void {
    this.fruitlessInRow += 1;
    const inRow = this.fruitlessInRow;
    if (isHopeless(inRow, this.available)) throw hopelessPolicy(this.#options.policy.name, hook, inRow);
  }

  #overran(worker: WorkerId): void {
    this.#fruitless('timeLimit');
    this.#policy.overran(worker);
    this.#closeIfFull();
    const member = this.#roster.members[worker];
    if (member?.status === 'paused' && !this.#run.isOver) this.#assignments.give(member, 'restarted');
  }

  #stopRequested({ when, reason }: StopRequested): void {
    if (when === 'finish-round') return this.#run.finishWithRound(reason);
    this.#finish(reason);
  }

  #finish(reason: string): void {
    this.#round.discardAll(reason);
    this.#run.finish(reason);
  }

  #nonFinite(update: UpdateArrived, member: MemberRecord): void {
    this.refusedInRow += 1;
    const { goesOn, detail } = judgeNonFinite(update, {
      round: this.version + 1,
      inRow: this.refusedInRow,
      available: this.available,
      skipNonFinite: this.#options.skipNonFinite === true,
    });
    this.#effects.discard(update.updateId, update.worker, 'non-finite', detail);
    if (goesOn) return this.#assignments.assign(member, 'refused');
    this.#round.discardAll(detail);
    this.#run.fail('non-finite', detail);
  }

  #closeIfFull(): void {
    if (this.#policy.isFull(this.contributions, this.available)) this.#close(null);
  }

  /** Whether the open round is to stay open for want of workers. */
  #waitsForWorkers(): boolean {
    return this.#options.whenShort === 'wait' && this.#shortage() !== '';
  }

  /** How many workers the open round lacks, in words; empty where there are as many as it waits for. */
  #shortage(): string {
    const policy = this.#policy;
    const wanted = policy.countsMiniBatches ? 1 : policy.waitCount(this.available).value;
    const { living } = this.#roster;
    return living >= wanted ? '' : `: only ${living} of ${wanted} workers live`;
  }

  /** Commits the open round, opens the next one, and refreshes. */
  #close(degraded: string | null): void {
    const policy = this.#policy;
    const wanted = policy.waitCount(this.available);
    const end = this.#endsAfter(this.version + 1);
    const { applied: contributions, kept } = this.#round.take(policy.parts(this.contributions), {
      version: this.version,
      keeps: end === null,
    });
    const scale = policy.scale(contributions);
    const count = contributions.length;
    const enough = degraded === null ? count : Math.max(wanted.value, count + 1);
    const waitCount = policy.countsToK ? wanted.value : enough;
    this.version += 1;
    const bound = policy.maxStaleness(waitCount);
    const all: Commit = {
      type: 'commit',
      version: this.version,
      waitCount,
      maxStaleness: Number.isFinite(bound) ? bound : null,
      contributions,
      scale,
      loss: contributions.reduce((sum, { loss }) => sum + loss, 0) / count,
      degraded,
      staleness: this.#options.stalenessVector === false ? [] : this.#roster.stalenessVector(),
      reason: wanted.reason,
    };
    const commit = kept.length === 0 ? all : { ...all, kept };
    this.#effects.push(commit);
    policy.committed(commit);
    if (end !== null) return this.#finish(end);
    this.#round.open(this.version, this.time);
    this.#assignments.refresh(bound, policy.stalenessTest, policy.restarts('commit'));
  }

  /** Why the run is over once this version is committed; null: it goes on. */
  #endsAfter(version: number): string | null {
    if (this.status === 'finishing') return this.statusReason;
    const { maxRounds } = this.#options;
    if (maxRounds == null || version < maxRounds) return null;
    return maxRounds === 1 ? '1 round' : `${maxRounds} rounds`;
  }

  /** Restarts that the policy asks for between commits. */
  #restart(moment: RestartMoment): void {
    if (this.#run.isOver) return;
    for (const [worker, reason] of this.#policy.restarts(moment)) {
      const member = this.#roster.members[worker];
      if (member !== undefined) this.#assignments.cancel(member, reason);
    }
  }
}

const defaultMaxWorkers = 10_000;
