/**
 * Who is given the model, whose unfinished work is cancelled for it, and who waits because the policy says so. Work that was
 * given by the same event is never cancelled: it is from the newest model already.
 */
import type { EffectList } from './effect-list.js';
import type { EngineOptions } from './engine-state.js';
import type { AssignReason, Time, WorkerId } from './events.js';
import type { MemberRecord, VersionSource } from './member.js';
import type { StalenessTest } from './policy.js';
import type { PolicyAtWork } from './policy-at-work.js';
import type { Roster } from './roster.js';
import { RestartWords } from './restart-words.js';
import { latestStale } from './staleness.js';
import { type Task, taskDeadline } from './task-deadline.js';

/** The time of the event in hand and the newest version. */
export interface Present extends VersionSource {
  readonly time: Time;
}

export class Assignments {
  readonly #policy: Pick<PolicyAtWork<unknown>, 'pause' | 'waitsFor' | 'timeLimit'>;
  readonly #roster: Roster;
  readonly #effects: EffectList;
  readonly #present: Present;
  readonly #options: Pick<EngineOptions, 'localSteps' | 'workers' | 'repartition'>;
  /** What those who wait were waiting for when each of them was asked last; null: not known. */
  #waitsFor: number | string | null = null;
  /** Number of the event in hand. */
  #turn = 0;
  readonly #words = new RestartWords();

  constructor(
    policy: Pick<PolicyAtWork<unknown>, 'pause' | 'waitsFor' | 'timeLimit'>,
    roster: Roster,
    effects: EffectList,
    present: Present,
    options: Pick<EngineOptions, 'localSteps' | 'workers' | 'repartition'>,
  ) {
    this.#policy = policy;
    this.#roster = roster;
    this.#effects = effects;
    this.#present = present;
    this.#options = options;
  }

  /** Another event is in hand. */
  begin(): void {
    this.#turn += 1;
  }

  assign(member: MemberRecord, reason: AssignReason): void {
    member.assignedIn = this.#turn;
    this.#roster.compute(member, this.#present.time);
    const { worker, incarnation, attempt, baseVersion: version } = member;
    const { localSteps, workers, repartition } = this.#options;
    const work = { worker, incarnation, attempt, version, localSteps, reason };
    const gone = repartition === true ? this.#roster.gone(workers) : [];
    this.#effects.push({ type: 'assign', ...work, ...(gone.length > 0 && { gone }) });
    const limit = this.#policy.timeLimit(worker);
    if (limit === null) return;
    const at = this.#present.time + limit;
    this.#effects.push({ type: 'schedule', deadline: taskDeadline({ worker, attempt }), at });
  }

  /** Work for a worker that has none, unless the policy has it wait. */
  give(member: MemberRecord, reason: AssignReason): void {
    const why = this.#policy.pause(member.worker);
    if (why === null) return this.assign(member, reason);
    // It was asked in the midst of an event: what it is told counts only if that is what all others wait for.
    if (this.#policy.waitsFor() !== this.#waitsFor) this.#waitsFor = null;
    this.#roster.pause(member);
    this.#effects.push({ type: 'pause', worker: member.worker, reason: why });
  }

  /** Those who need not wait any longer; all of them where nothing else would ever happen. */
  resume(): void {
    const { paused } = this.#roster;
    if (paused.size === 0) return;
    const now = this.#policy.waitsFor();
    if (now === null || now !== this.#waitsFor) {
      this.#waitsFor = now;
      for (const member of [...paused].sort(byNumber)) {
        if (this.#policy.pause(member.worker) === null) this.assign(member, 'resumed');
      }
    }
    if (this.#roster.stands) for (const member of [...paused].sort(byNumber)) this.assign(member, 'resumed');
  }

  /** The task overran its time limit. @returns false if it is not computed any more */
  halt({ worker, attempt }: Task): boolean {
    const member = this.#roster.members[worker];
    if (member?.status !== 'computing' || member.attempt !== attempt) return false;
    const { incarnation, staleness, assignedAt } = member;
    const took = Number((this.#present.time - assignedAt).toPrecision(6));
    const reason = `not finished after ${took}, its time limit`;
    this.#effects.push({ type: 'cancel', worker, incarnation, attempt, staleness, reason });
    this.#roster.pause(member);
    return true;
  }

  /** Only of work that existed before the event. */
  cancel(member: MemberRecord, reason: string): void {
    if (member.status !== 'computing' || member.assignedIn === this.#turn) return;
    const { worker, incarnation, attempt, staleness } = member;
    this.#effects.push({ type: 'cancel', worker, incarnation, attempt, staleness, reason });
    this.assign(member, 'restarted');
  }

  /**
   * After a commit: the new model for all uploaders, for those whose τ_k meets the bound τ_max, and for those whom the policy
   * names (with its reason for each).
   */
  refresh(bound: number, test: StalenessTest, named: ReadonlyMap<WorkerId, string>): void {
    const latest = latestStale(test, this.#present.version, bound);
    const words = this.#words.at(bound, test);
    for (const member of this.#byNumber(this.#roster.computingFrom(latest), named)) {
      const { status, baseVersion } = member;
      if (status === 'idle') this.give(member, 'refreshed');
      else if (status !== 'computing') continue;
      else if (baseVersion <= latest) this.cancel(member, words(member.staleness));
      else if (named.size > 0) {
        const reason = named.get(member.worker);
        if (reason !== undefined) this.cancel(member, reason);
      }
    }
  }

  /** At least all whom a refresh may concern. One may be there twice: it has its work then, and keeps it. */
  #byNumber(stale: readonly MemberRecord[], named: ReadonlyMap<WorkerId, string>): readonly MemberRecord[] {
    const { idle, members } = this.#roster;
    // Sorting those whom it concerns costs more than looking at everybody, unless they are few.
    if ((stale.length + idle.size + named.size) * 16 >= members.length) return members;
    const concerned = [...stale, ...idle];
    for (const worker of named.keys()) {
      const member = members[worker];
      if (member !== undefined) concerned.push(member);
    }
    return concerned.sort(byNumber);
  }
}

function byNumber(a: MemberRecord, b: MemberRecord): number {
  return a.worker - b.worker;
}
