/**
 * One turn of the round engine: a draft of the next state, changed event by event rule, and the effects gathered on the way.
 *
 * Order within a commit (arXiv 2301.08895): the model is updated and every τ_k grows by 1; the next round opens; then all
 * uploaders and all workers whose τ_k meets the bound receive the new model, the latter with their unfinished work cancelled.
 * Work that was given in the same turn is never cancelled: it is from the newest model already.
 */
import type { EngineOptions, EngineState } from './engine-state.js';
import type {
  AssignReason,
  Contribution,
  DeadlinePassed,
  Discard,
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
import { absentMember, isLiving } from './member.js';
import type { Decision, Member, RestartMoment, RoundView } from './policy.js';
import { meetsBound } from './staleness.js';

export class Turn<State> {
  readonly effects: Effect[] = [];
  readonly #options: EngineOptions<State>;
  readonly #time: Time;
  readonly #members: Member[];
  #contributions: readonly Contribution[];
  #status: EngineState['status'];
  #statusReason: string;
  #version: number;
  #openedAt: Time | null;
  #overdue: boolean;
  #policy: State;
  /** Workers that were given work in this turn. */
  readonly #assigned = new Set<WorkerId>();

  constructor(options: EngineOptions<State>, state: EngineState<State>, time: Time) {
    this.#options = options;
    this.#time = time;
    this.#members = [...state.members];
    this.#contributions = state.contributions;
    this.#status = state.status;
    this.#statusReason = state.statusReason;
    this.#version = state.version;
    this.#openedAt = state.openedAt;
    this.#overdue = state.overdue;
    this.#policy = state.policy;
  }

  state(): EngineState<State> {
    return {
      status: this.#status,
      statusReason: this.#statusReason,
      version: this.#version,
      openedAt: this.#openedAt,
      overdue: this.#overdue,
      members: this.#members,
      contributions: this.#contributions,
      policy: this.#policy,
    };
  }

  workerJoined({ worker, incarnation }: WorkerJoined): void {
    if (this.#status === 'over') return this.#ignore('worker-joined', this.#statusReason);
    const maxWorkers = Math.max(this.#options.workers, this.#options.maxWorkers ?? defaultMaxWorkers);
    if (!Number.isInteger(worker) || worker < 0 || worker >= maxWorkers) {
      return this.#ignore('worker-joined', `worker ${worker} is none of 0 to ${maxWorkers - 1}`);
    }
    const member = this.#members[worker] ?? this.#addMember(worker);
    if (incarnation <= member.incarnation) {
      const why = incarnation === member.incarnation && isLiving(member) ? 'has joined already' : 'is dead';
      return this.#ignore('worker-joined', `worker ${worker}: incarnation ${incarnation} ${why}`);
    }
    this.#dropHeld(worker, `incarnation ${incarnation} took its place`);
    this.#update(worker, { incarnation, status: 'computing' });
    if (this.#openedAt === null) this.#openRound();
    this.#assign(worker, 'joined');
  }

  workerLost({ worker, incarnation, reason, returns }: WorkerLost): void {
    if (this.#status === 'over') return this.#ignore('worker-lost', this.#statusReason);
    const member = this.#members[worker];
    if (member === undefined || member.status === 'gone' || incarnation < member.incarnation) {
      return this.#ignore('worker-lost', `worker ${worker}: incarnation ${incarnation} was not living`);
    }
    if (member.status === 'lost' && returns && incarnation === member.incarnation) {
      return this.#ignore('worker-lost', `worker ${worker}: incarnation ${incarnation} is lost already`);
    }
    this.#dropHeld(worker, reason);
    this.#update(worker, { incarnation, status: returns ? 'lost' : 'gone' });
    if (this.#available() === 0) {
      this.#discardAll('no worker is left');
      this.#over(`no worker is left: worker ${worker} was the last (${reason})`);
      this.effects.push({ type: 'fail', code: 'no-workers', reason: this.#statusReason });
      return;
    }
    this.#closeIfFull();
  }

  updateArrived(update: UpdateArrived): void {
    const { worker, updateId } = update;
    const member = this.#members[worker];
    const dead =
      this.#status === 'over'
        ? ({ reason: 'run-over', detail: this.#statusReason } as const)
        : fence(update, member);
    if (dead !== null) return this.#discard(updateId, worker, dead.reason, dead.detail);
    if (!update.finite) return this.#nonFinite(update);
    const staleness = this.#version - update.baseVersion;
    const { policy } = this.#options;
    const admission = policy.admit?.(this.#policy, update, staleness, this.#view()) ?? {
      accept: true,
      weight: 1,
      reason: 'counts',
    };
    if (!admission.accept) {
      this.#discard(updateId, worker, 'refused-by-policy', admission.reason);
      this.#assign(worker, 'refused');
      return this.#restart('update');
    }
    const { weight, reason } = admission;
    this.#update(worker, { status: 'idle', uploadedAt: this.#time });
    this.#contributions = [...this.#contributions, contributionOf(update, staleness, weight)];
    this.effects.push({ type: 'accumulate', updateId, worker, staleness, weight, reason });
    const overdue = this.#overdue;
    const version = this.#version;
    this.#closeIfFull();
    if (overdue && this.#version === version) {
      this.#close(`the first contribution after the deadline of ${this.#options.roundDeadline}`);
    }
    const goesOn = policy.counts === 'mini-batches' && this.#members[worker]?.status === 'idle';
    if (goesOn && this.#status !== 'over') this.#assign(worker, 'pulled');
    this.#restart('update');
  }

  deadlinePassed({ deadline }: DeadlinePassed): void {
    if (this.#status === 'over') return this.#ignore('deadline-passed', this.#statusReason);
    const { roundDeadline } = this.#options;
    const awaited = roundDeadline != null && this.#openedAt !== null && !this.#overdue;
    if (awaited && deadline === roundDeadlineName(this.#version)) {
      const count = this.#contributions.length;
      if (count > 0) {
        this.#close(`${count} contribution${count === 1 ? '' : 's'} after the deadline of ${roundDeadline}`);
      } else {
        this.#overdue = true;
      }
    } else {
      this.#ignore('deadline-passed', `${deadline} is no longer awaited`);
    }
    this.#restart('deadline');
  }

  stopRequested({ when, reason }: StopRequested): void {
    if (this.#status === 'over') return this.#ignore('stop-requested', this.#statusReason);
    if (when === 'now') {
      this.#discardAll(reason);
      this.#finish(reason);
    } else {
      this.#status = 'finishing';
      this.#statusReason = reason;
    }
  }

  #nonFinite({ updateId, worker, loss }: UpdateArrived): void {
    const what = Number.isFinite(loss) ? 'its delta has non-finite values' : `its loss is ${loss}`;
    const detail = `round ${this.#version + 1}, worker ${worker}: ${what}`;
    this.#discard(updateId, worker, 'non-finite', detail);
    if (this.#options.skipNonFinite === true) return this.#assign(worker, 'refused');
    this.#discardAll(detail);
    this.#over(detail);
    this.effects.push({ type: 'fail', code: 'non-finite', reason: detail });
  }

  #closeIfFull(): void {
    if (this.#contributions.length >= this.#waitCount().value) this.#close(null);
  }

  /** Commits the open round, refreshes, and opens the next one. */
  #close(degraded: string | null): void {
    const { policy, maxRounds } = this.#options;
    const { value: waitCount, reason } = this.#waitCount();
    const contributions = this.#contributions;
    const scale = policy.scale?.(this.#policy, contributions, this.#view()) ?? 1 / contributions.length;
    this.#contributions = [];
    this.#version += 1;
    for (const [worker, member] of this.#members.entries()) {
      if (isLiving(member)) this.#members[worker] = { ...member, staleness: member.staleness + 1 };
    }
    const bound = policy.maxStaleness?.(this.#policy, waitCount, this.#view()) ?? Infinity;
    const commit = {
      type: 'commit',
      version: this.#version,
      waitCount,
      maxStaleness: Number.isFinite(bound) ? bound : null,
      contributions,
      scale,
      loss: contributions.reduce((sum, { loss }) => sum + loss, 0) / contributions.length,
      degraded,
      staleness: this.#members.filter(isLiving).map((m) => [m.worker, m.staleness] as const),
      reason,
    } as const;
    this.effects.push(commit);
    this.#policy = policy.committed?.(this.#policy, commit, this.#view()) ?? this.#policy;
    if (this.#status === 'finishing') return this.#finish(this.#statusReason);
    if (maxRounds != null && this.#version >= maxRounds) return this.#finish(`${maxRounds} rounds`);
    this.#openRound();
    this.#refresh(bound);
  }

  /** The new model for all uploaders, and for those who fell too far behind. */
  #refresh(bound: number): void {
    const { stalenessTest = 'ge' } = this.#options.policy;
    const named = this.#namedByPolicy('commit');
    for (const { worker, status, staleness } of this.#members.slice()) {
      if (status === 'idle') this.#assign(worker, 'refreshed');
      if (status !== 'computing') continue;
      const sign = stalenessTest === 'ge' ? '≥' : '>';
      if (meetsBound(stalenessTest, staleness, bound)) {
        this.#cancel(worker, `staleness ${staleness} ${sign} ${bound}`);
      } else if (named.has(worker)) {
        this.#cancel(worker, named.get(worker) ?? '');
      }
    }
  }

  /** Restarts that the policy asks for between commits. */
  #restart(moment: RestartMoment): void {
    if (this.#status === 'over') return;
    for (const [worker, reason] of this.#namedByPolicy(moment)) {
      this.#cancel(worker, reason);
    }
  }

  #namedByPolicy(moment: RestartMoment): ReadonlyMap<WorkerId, string> {
    const restarts = this.#options.policy.restarts?.(this.#policy, this.#view(), moment) ?? [];
    return new Map(restarts.map(({ worker, reason }) => [worker, reason]));
  }

  #openRound(): void {
    this.#openedAt = this.#time;
    this.#overdue = false;
    const { roundDeadline } = this.#options;
    if (roundDeadline == null) return;
    const deadline = roundDeadlineName(this.#version);
    this.effects.push({ type: 'schedule', deadline, at: this.#time + roundDeadline });
  }

  #assign(worker: WorkerId, reason: AssignReason): void {
    const member = this.#members[worker];
    if (member === undefined) return;
    this.#assigned.add(worker);
    const attempt = member.attempt + 1;
    const { incarnation } = member;
    this.#update(worker, {
      status: 'computing',
      attempt,
      baseVersion: this.#version,
      staleness: 0,
      assignedAt: this.#time,
      uploadedAt: null,
    });
    const { localSteps } = this.#options;
    this.effects.push({
      type: 'assign',
      worker,
      incarnation,
      attempt,
      version: this.#version,
      localSteps,
      reason,
    });
  }

  /** Only of work that existed before the turn. */
  #cancel(worker: WorkerId, reason: string): void {
    const member = this.#members[worker];
    if (member?.status !== 'computing' || this.#assigned.has(worker)) return;
    const { incarnation, attempt, staleness } = member;
    this.effects.push({ type: 'cancel', worker, incarnation, attempt, staleness, reason });
    this.#assign(worker, 'restarted');
  }

  /** A lost worker's uploads of the open round do not count. */
  #dropHeld(worker: WorkerId, why: string): void {
    const held = this.#contributions.filter((c) => c.worker === worker);
    if (held.length === 0) return;
    this.#contributions = this.#contributions.filter((c) => c.worker !== worker);
    for (const { updateId } of held) this.#discard(updateId, worker, 'worker-lost', why);
  }

  #discardAll(why: string): void {
    for (const { updateId, worker } of this.#contributions) this.#discard(updateId, worker, 'run-over', why);
    this.#contributions = [];
  }

  #discard(updateId: string, worker: WorkerId, reason: Discard['reason'], detail: string): void {
    this.effects.push({ type: 'discard', updateId, worker, reason, detail });
  }

  #finish(reason: string): void {
    this.#over(reason);
    this.effects.push({ type: 'finish', reason });
  }

  #over(reason: string): void {
    this.#status = 'over';
    this.#statusReason = reason;
  }

  #ignore(event: EngineEvent['type'], reason: string): void {
    this.effects.push({ type: 'ignore', event, reason });
  }

  /** K^t: an integer, at least 1, and no more than there are workers to upload. */
  #waitCount(): Decision<number> {
    const { policy } = this.#options;
    const { value, reason } = policy.waitCount(this.#policy, this.#view());
    const available = this.#available();
    if (value === Infinity)
      return { value: available, reason: `${reason}, infinite: all ${available} workers` };
    const most = policy.counts === 'mini-batches' ? Infinity : available;
    if (value > most) return { value: most, reason: `${reason}, only ${most} workers` };
    if (!(value >= 1)) return { value: 1, reason: `${reason}, at least 1 instead of ${value}` };
    if (Number.isInteger(value)) return { value, reason };
    return { value: Math.ceil(value), reason: `${reason}, ${value} rounded up` };
  }

  #available(): number {
    return this.#members.filter(({ status }) => status !== 'gone').length;
  }

  #view(): RoundView {
    return {
      time: this.#time,
      version: this.#version,
      workers: Math.max(1, this.#available()),
      members: this.#members,
      contributions: this.#contributions,
      openedAt: this.#openedAt,
    };
  }

  #addMember(worker: WorkerId): Member {
    for (let gap = this.#members.length; gap <= worker; gap += 1)
      this.#members.push(absentMember(gap, 'gone'));
    return absentMember(worker, 'gone');
  }

  #update(worker: WorkerId, change: Partial<Member>): void {
    const member = this.#members[worker];
    if (member !== undefined) this.#members[worker] = { ...member, ...change };
  }
}

const defaultMaxWorkers = 10_000;

function roundDeadlineName(version: number): string {
  return `round:${version}`;
}

function contributionOf(update: UpdateArrived, staleness: number, weight: number): Contribution {
  const { updateId, worker, baseVersion, loss, firstLoss, steps, samples } = update;
  return { updateId, worker, baseVersion, staleness, weight, loss, firstLoss, steps, samples };
}
