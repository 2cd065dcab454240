/**
 * Who is given the model, and whose unfinished work is cancelled for it. Work that was given by the same event is never
 * cancelled: it is from the newest model already.
 */
import type { EffectList } from './effect-list.js';
import type { AssignReason, Time, WorkerId } from './events.js';
import type { MemberRecord, VersionSource } from './member.js';
import type { StalenessTest } from './policy.js';
import type { Roster } from './roster.js';
import { latestStale } from './staleness.js';

/** The time of the event in hand and the newest version. */
export interface Present extends VersionSource {
  readonly time: Time;
}

export class Assignments {
  readonly #roster: Roster;
  readonly #effects: EffectList;
  readonly #present: Present;
  /** U. */
  readonly #localSteps: number;
  /** Workers that were given work by the event in hand. */
  readonly #assigned = new Set<MemberRecord>();

  constructor(roster: Roster, effects: EffectList, present: Present, localSteps: number) {
    this.#roster = roster;
    this.#effects = effects;
    this.#present = present;
    this.#localSteps = localSteps;
  }

  /** Another event is in hand. */
  begin(): void {
    this.#assigned.clear();
  }

  assign(member: MemberRecord, reason: AssignReason): void {
    this.#assigned.add(member);
    this.#roster.compute(member, this.#present.time);
    const { worker, incarnation, attempt, baseVersion: version } = member;
    const localSteps = this.#localSteps;
    this.#effects.push({ type: 'assign', worker, incarnation, attempt, version, localSteps, reason });
  }

  /** Only of work that existed before the event. */
  cancel(member: MemberRecord, reason: string): void {
    if (member.status !== 'computing' || this.#assigned.has(member)) return;
    const { worker, incarnation, attempt, staleness } = member;
    this.#effects.push({ type: 'cancel', worker, incarnation, attempt, staleness, reason });
    this.assign(member, 'restarted');
  }

  /**
   * After a commit: the new model for all uploaders, for those whose τ_k meets the bound τ_max, and for those whom the policy
   * names (with its reason for each).
   */
  refresh(bound: number, test: StalenessTest, named: ReadonlyMap<WorkerId, string>): void {
    const { idle, members } = this.#roster;
    const stale = this.#staleAt(bound, test);
    if (stale.size + named.size === 0) {
      for (const member of [...idle].sort(byNumber)) this.assign(member, 'refreshed');
      return;
    }
    const sign = test === 'ge' ? '≥' : '>';
    const uploaders = [...idle].map(({ worker }) => worker);
    // Each worker once, in the order of their numbers.
    const concerned = Float64Array.from(new Set([...uploaders, ...stale, ...named.keys()])).sort();
    for (const worker of concerned) {
      const member = members[worker];
      if (member === undefined) continue;
      if (member.status === 'idle') this.assign(member, 'refreshed');
      else if (stale.has(worker)) this.cancel(member, `staleness ${member.staleness} ${sign} ${bound}`);
      else this.cancel(member, named.get(worker) ?? '');
    }
  }

  /** Those who compute from too old a version. */
  #staleAt(bound: number, test: StalenessTest): ReadonlySet<WorkerId> {
    const stale = this.#roster.computingFrom(latestStale(test, this.#present.version, bound));
    return stale.length === 0 ? noWorkers : new Set(stale);
  }
}

const noWorkers: ReadonlySet<WorkerId> = new Set();

function byNumber(a: MemberRecord, b: MemberRecord): number {
  return a.worker - b.worker;
}
