/**
 * The round engine at work: what each event does to the state, rule by rule, and the effects gathered on the way. It changes
 * its state in place, and an event costs what it changes, whatever the number of workers (but for the staleness vector, where
 * it is asked for); `round-engine.ts` makes a pure function of it.
 *
 * Order within a commit (arXiv 2301.08895): the model is updated and every τ_k grows by 1; the next round opens; then all
 * uploaders and all workers whose τ_k meets the bound receive the new model, the latter with their unfinished work cancelled.
 * Work that was given by the same event is never cancelled: it is from the newest model already.
 */
import { Cohorts } from './cohorts.js';
import type { EngineOptions, EngineState } from './engine-state.js';
import type {
  AssignReason,
  Commit,
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
import { LiveView } from './live-view.js';
import { absentMember, isLiving, MemberRecord } from './member.js';
import type { Decision, Member, RestartMoment, RoundView } from './policy.js';
import { latestStale } from './staleness.js';

export class Engine<State = unknown> implements EngineState<State> {
  readonly members: MemberRecord[] = [];
  contributions: Contribution[];
  status: EngineState['status'];
  statusReason: string;
  version: number;
  openedAt: Time | null;
  overdue: boolean;
  refusedInRow: number;
  policy: State;
  /** Of the event in hand. */
  time: Time = 0;
  /** How many workers are not gone for good. */
  available = 0;
  readonly #options: EngineOptions<State>;
  /** Null: the policy has no bound on staleness. */
  readonly #cohorts: Cohorts | null;
  /** Those who uploaded and wait for the commit. */
  readonly #idle = new Set<MemberRecord>();
  readonly #view: RoundView;
  #effects: Effect[] = [];
  /** Workers that were given work by the event in hand. */
  readonly #assigned = new Set<MemberRecord>();

  /** Goes on from `state`, which it leaves as it is. */
  constructor(options: EngineOptions<State>, state: EngineState<State>) {
    this.#options = options;
    this.#cohorts = options.policy.maxStaleness === undefined ? null : new Cohorts();
    this.contributions = [...state.contributions];
    this.status = state.status;
    this.statusReason = state.statusReason;
    this.version = state.version;
    this.openedAt = state.openedAt;
    this.overdue = state.overdue;
    this.refusedInRow = state.refusedInRow ?? 0;
    this.policy = state.policy;
    this.#view = new LiveView(this);
    for (const member of state.members) this.#enter(member);
  }

  /** What the event means. */
  advance(event: EngineEvent): readonly Effect[] {
    this.time = event.time;
    this.#effects = [];
    this.#assigned.clear();
    switch (event.type) {
      case 'worker-joined':
        this.#workerJoined(event);
        break;
      case 'worker-lost':
        this.#workerLost(event);
        break;
      case 'update-arrived':
        this.#updateArrived(event);
        break;
      case 'deadline-passed':
        this.#deadlinePassed(event);
        break;
      case 'stop-requested':
        this.#stopRequested(event);
        break;
    }
    return this.#effects;
  }

  toJSON(): EngineState<State> {
    return this.state();
  }

  /** The state as it is now, in plain JSON. */
  state(): EngineState<State> {
    const { status, statusReason, version, openedAt, overdue, refusedInRow, policy } = this;
    return {
      status,
      statusReason,
      version,
      openedAt,
      overdue,
      members: this.members.map((member) => member.plain()),
      contributions: [...this.contributions],
      refusedInRow,
      policy,
    };
  }

  #workerJoined({ worker, incarnation }: WorkerJoined): void {
    if (this.status === 'over') return this.#ignore('worker-joined', this.statusReason);
    const maxWorkers = Math.max(this.#options.workers, this.#options.maxWorkers ?? defaultMaxWorkers);
    if (!Number.isInteger(worker) || worker < 0 || worker >= maxWorkers) {
      return this.#ignore('worker-joined', `worker ${worker} is none of 0 to ${maxWorkers - 1}`);
    }
    const member = this.members[worker] ?? this.#addMember(worker);
    if (incarnation <= member.incarnation) {
      const why = incarnation === member.incarnation && isLiving(member) ? 'has joined already' : 'is dead';
      return this.#ignore('worker-joined', `worker ${worker}: incarnation ${incarnation} ${why}`);
    }
    this.#dropHeld(worker, `incarnation ${incarnation} took its place`);
    if (member.status === 'gone') this.available += 1;
    member.incarnation = incarnation;
    if (this.openedAt === null) this.#openRound();
    this.#assign(member, 'joined');
  }

  #workerLost({ worker, incarnation, reason, returns }: WorkerLost): void {
    if (this.status === 'over') return this.#ignore('worker-lost', this.statusReason);
    const member = this.members[worker];
    if (member === undefined || member.status === 'gone' || incarnation < member.incarnation) {
      return this.#ignore('worker-lost', `worker ${worker}: incarnation ${incarnation} was not living`);
    }
    if (member.status === 'lost' && returns && incarnation === member.incarnation) {
      return this.#ignore('worker-lost', `worker ${worker}: incarnation ${incarnation} is lost already`);
    }
    this.#dropHeld(worker, reason);
    this.#release(member);
    member.leave(returns ? 'lost' : 'gone', incarnation);
    if (!returns) this.available -= 1;
    if (this.available === 0) {
      this.#discardAll('no worker is left');
      this.#over(`no worker is left: worker ${worker} was the last (${reason})`);
      this.#effects.push({ type: 'fail', code: 'no-workers', reason: this.statusReason });
      return;
    }
    this.#closeIfFull();
  }

  #updateArrived(update: UpdateArrived): void {
    const { worker, updateId } = update;
    const member = this.members[worker];
    const dead =
      this.status === 'over'
        ? ({ reason: 'run-over', detail: this.statusReason } as const)
        : fence(update, member);
    if (dead !== null || member === undefined) {
      return this.#discard(updateId, worker, dead?.reason ?? 'unknown-worker', dead?.detail ?? '');
    }
    if (!update.finite) return this.#nonFinite(update, member);
    this.refusedInRow = 0;
    const staleness = this.version - update.baseVersion;
    const { policy } = this.#options;
    const admission = policy.admit?.(this.policy, update, staleness, this.#view) ?? {
      accept: true,
      weight: 1,
      reason: 'counts',
    };
    if (!admission.accept) {
      this.#discard(updateId, worker, 'refused-by-policy', admission.reason);
      this.#assign(member, 'refused');
      return this.#restart('update');
    }
    const { weight, reason } = admission;
    this.#release(member);
    member.status = 'idle';
    member.uploadedAt = this.time;
    this.#idle.add(member);
    this.contributions.push(contributionOf(update, staleness, weight));
    this.#effects.push({ type: 'accumulate', updateId, worker, staleness, weight, reason });
    const overdue = this.overdue;
    const version = this.version;
    this.#closeIfFull();
    if (overdue && this.version === version) {
      this.#close(`the first contribution after the deadline of ${this.#options.roundDeadline}`);
    }
    const goesOn = policy.counts === 'mini-batches' && this.#idle.has(member);
    if (goesOn && this.status !== 'over') this.#assign(member, 'pulled');
    this.#restart('update');
  }

  #deadlinePassed({ deadline }: DeadlinePassed): void {
    if (this.status === 'over') return this.#ignore('deadline-passed', this.statusReason);
    const { roundDeadline } = this.#options;
    const awaited = roundDeadline != null && this.openedAt !== null && !this.overdue;
    if (awaited && deadline === roundDeadlineName(this.version)) {
      const count = this.contributions.length;
      if (count > 0) {
        this.#close(`${count} contribution${count === 1 ? '' : 's'} after the deadline of ${roundDeadline}`);
      } else {
        this.overdue = true;
      }
    } else {
      this.#ignore('deadline-passed', `${deadline} is no longer awaited`);
    }
    this.#restart('deadline');
  }

  #stopRequested({ when, reason }: StopRequested): void {
    if (this.status === 'over') return this.#ignore('stop-requested', this.statusReason);
    if (when === 'now') {
      this.#discardAll(reason);
      this.#finish(reason);
    } else {
      this.status = 'finishing';
      this.statusReason = reason;
    }
  }

  #nonFinite({ updateId, worker, loss }: UpdateArrived, member: MemberRecord): void {
    const what = Number.isFinite(loss) ? 'its delta has non-finite values' : `its loss is ${loss}`;
    this.refusedInRow += 1;
    const hopeless = this.refusedInRow >= Math.max(100, 10 * this.available);
    const skips = this.#options.skipNonFinite === true;
    const inRow = skips && hopeless ? ` (${this.refusedInRow} updates in a row were not finite)` : '';
    const detail = `round ${this.version + 1}, worker ${worker}: ${what}${inRow}`;
    this.#discard(updateId, worker, 'non-finite', detail);
    if (skips && !hopeless) return this.#assign(member, 'refused');
    this.#discardAll(detail);
    this.#over(detail);
    this.#effects.push({ type: 'fail', code: 'non-finite', reason: detail });
  }

  #closeIfFull(): void {
    if (this.contributions.length >= this.#waitCount().value) this.#close(null);
  }

  /** Commits the open round, refreshes, and opens the next one. */
  #close(degraded: string | null): void {
    const { policy, maxRounds } = this.#options;
    const { value: waitCount, reason } = this.#waitCount();
    const contributions = this.contributions;
    const scale = policy.scale?.(this.policy, contributions, this.#view) ?? 1 / contributions.length;
    this.contributions = [];
    this.version += 1;
    const bound = policy.maxStaleness?.(this.policy, waitCount, this.#view) ?? Infinity;
    const commit = {
      type: 'commit',
      version: this.version,
      waitCount,
      maxStaleness: Number.isFinite(bound) ? bound : null,
      contributions,
      scale,
      loss: contributions.reduce((sum, { loss }) => sum + loss, 0) / contributions.length,
      degraded,
      staleness: this.#options.stalenessVector === false ? [] : this.#stalenessVector(),
      reason,
    } as const;
    this.#effects.push(commit);
    this.policy = policy.committed?.(this.policy, commit, this.#view) ?? this.policy;
    if (this.status === 'finishing') return this.#finish(this.statusReason);
    if (maxRounds != null && this.version >= maxRounds)
      return this.#finish(maxRounds === 1 ? '1 round' : `${maxRounds} rounds`);
    this.#openRound();
    this.#refresh(bound);
  }

  /** The new model for all uploaders, and for those who fell too far behind. */
  #refresh(bound: number): void {
    const { stalenessTest = 'ge' } = this.#options.policy;
    const sign = stalenessTest === 'ge' ? '≥' : '>';
    const named = this.#namedByPolicy('commit');
    const stale = this.#staleAt(bound);
    if (stale.size + named.size === 0) {
      for (const member of [...this.#idle].sort(byNumber)) this.#assign(member, 'refreshed');
      return;
    }
    const idle = [...this.#idle].map(({ worker }) => worker);
    // Each worker once, in the order of their numbers.
    const concerned = Float64Array.from(new Set([...idle, ...stale, ...named.keys()])).sort();
    for (const worker of concerned) {
      const member = this.members[worker];
      if (member === undefined) continue;
      if (member.status === 'idle') this.#assign(member, 'refreshed');
      else if (stale.has(worker)) this.#cancel(member, `staleness ${member.staleness} ${sign} ${bound}`);
      else this.#cancel(member, named.get(worker) ?? '');
    }
  }

  /** Those who compute from too old a version. */
  #staleAt(bound: number): ReadonlySet<WorkerId> {
    const { stalenessTest = 'ge' } = this.#options.policy;
    const stale = this.#cohorts?.upTo(latestStale(stalenessTest, this.version, bound)) ?? [];
    return stale.length === 0 ? noWorkers : new Set(stale);
  }

  #stalenessVector(): Commit['staleness'] {
    return this.members.filter(isLiving).map(({ worker, staleness }) => [worker, staleness]);
  }

  /** Restarts that the policy asks for between commits. */
  #restart(moment: RestartMoment): void {
    if (this.status === 'over') return;
    for (const [worker, reason] of this.#namedByPolicy(moment)) {
      const member = this.members[worker];
      if (member !== undefined) this.#cancel(member, reason);
    }
  }

  #namedByPolicy(moment: RestartMoment): ReadonlyMap<WorkerId, string> {
    const restarts = this.#options.policy.restarts?.(this.policy, this.#view, moment) ?? [];
    return restarts.length === 0 ? nobody : new Map(restarts.map(({ worker, reason }) => [worker, reason]));
  }

  #openRound(): void {
    this.openedAt = this.time;
    this.overdue = false;
    const { roundDeadline } = this.#options;
    if (roundDeadline == null) return;
    const deadline = roundDeadlineName(this.version);
    this.#effects.push({ type: 'schedule', deadline, at: this.time + roundDeadline });
  }

  #assign(member: MemberRecord, reason: AssignReason): void {
    const { worker, incarnation } = member;
    const { localSteps } = this.#options;
    this.#assigned.add(member);
    this.#release(member);
    member.attempt += 1;
    member.status = 'computing';
    member.baseVersion = this.version;
    member.assignedAt = this.time;
    member.uploadedAt = null;
    this.#cohorts?.add(worker, this.version);
    const { attempt } = member;
    this.#effects.push({
      type: 'assign',
      worker,
      incarnation,
      attempt,
      version: this.version,
      localSteps,
      reason,
    });
  }

  /** Only of work that existed before the event. */
  #cancel(member: MemberRecord, reason: string): void {
    if (member.status !== 'computing' || this.#assigned.has(member)) return;
    const { worker, incarnation, attempt, staleness } = member;
    this.#effects.push({ type: 'cancel', worker, incarnation, attempt, staleness, reason });
    this.#assign(member, 'restarted');
  }

  /** A lost worker's uploads of the open round do not count. */
  #dropHeld(worker: WorkerId, why: string): void {
    const held = this.contributions.filter((c) => c.worker === worker);
    if (held.length === 0) return;
    this.contributions = this.contributions.filter((c) => c.worker !== worker);
    for (const { updateId } of held) this.#discard(updateId, worker, 'worker-lost', why);
  }

  #discardAll(why: string): void {
    for (const { updateId, worker } of this.contributions) this.#discard(updateId, worker, 'run-over', why);
    this.contributions = [];
  }

  #discard(updateId: string, worker: WorkerId, reason: Discard['reason'], detail: string): void {
    this.#effects.push({ type: 'discard', updateId, worker, reason, detail });
  }

  #finish(reason: string): void {
    this.#over(reason);
    this.#effects.push({ type: 'finish', reason });
  }

  #over(reason: string): void {
    this.status = 'over';
    this.statusReason = reason;
  }

  #ignore(event: EngineEvent['type'], reason: string): void {
    this.#effects.push({ type: 'ignore', event, reason });
  }

  /** K^t: an integer, at least 1, and no more than there are workers to upload. */
  #waitCount(): Decision<number> {
    const { policy } = this.#options;
    const { value, reason } = policy.waitCount(this.policy, this.#view);
    const { available } = this;
    if (value === Infinity)
      return { value: available, reason: `${reason}, infinite: all ${available} workers` };
    const most = policy.counts === 'mini-batches' ? Infinity : available;
    if (value > most) return { value: most, reason: `${reason}, only ${most} workers` };
    if (!(value >= 1)) return { value: 1, reason: `${reason}, at least 1 instead of ${value}` };
    if (Number.isInteger(value)) return { value, reason };
    return { value: Math.ceil(value), reason: `${reason}, ${value} rounded up` };
  }

  #enter(member: Member): MemberRecord {
    const record = new MemberRecord(member, this);
    this.members.push(record);
    if (member.status !== 'gone') this.available += 1;
    if (member.status === 'computing') this.#cohorts?.add(member.worker, member.baseVersion);
    if (member.status === 'idle') this.#idle.add(record);
    return record;
  }

  #addMember(worker: WorkerId): MemberRecord {
    while (this.members.length < worker) this.#enter(absentMember(this.members.length, 'gone'));
    return this.#enter(absentMember(worker, 'gone'));
  }

  /** It neither computes nor waits for the commit any more. */
  #release(member: MemberRecord): void {
    if (member.status === 'computing') this.#cohorts?.remove(member.worker, member.baseVersion);
    if (member.status === 'idle') this.#idle.delete(member);
  }
}

const defaultMaxWorkers = 10_000;

const nobody: ReadonlyMap<WorkerId, string> = new Map();
const noWorkers: ReadonlySet<WorkerId> = new Set();

function byNumber(a: MemberRecord, b: MemberRecord): number {
  return a.worker - b.worker;
}

function roundDeadlineName(version: number): string {
  return `round:${version}`;
}

function contributionOf(update: UpdateArrived, staleness: number, weight: number): Contribution {
  const { updateId, worker, baseVersion, loss, firstLoss, steps, samples } = update;
  return { updateId, worker, baseVersion, staleness, weight, loss, firstLoss, steps, samples };
}
