/**
 * All workers that there are or were: who computes from which version, who waits for the commit, how many can still upload.
 * Each is found without looking at the others, so that an event costs what it changes.
 */
import { ByAge } from './by-age.js';
import type { Commit, Time, WorkerId } from './events.js';
import { absentMember, isLiving, MemberRecord, type VersionSource } from './member.js';
import type { Member } from './policy.js';

export class Roster {
  /** Indexed by worker. */
  readonly members: MemberRecord[] = [];
  /** Those who uploaded and wait for the commit. */
  readonly idle: ReadonlySet<MemberRecord>;
  /** Those whom the policy gives no work for now. */
  readonly paused: ReadonlySet<MemberRecord>;
  /** How many workers are not gone for good. */
  available = 0;
  readonly #idle = new Set<MemberRecord>();
  readonly #paused = new Set<MemberRecord>();
  /** Null: nobody asks who is how far behind. */
  readonly #computing: ByAge | null;
  readonly #source: VersionSource;
  /** Null: it has changed since somebody asked. */
  #gone: readonly WorkerId[] | null = null;

  /** @param bounded whether `computingFrom` is going to be asked */
  constructor(members: readonly Member[], source: VersionSource, bounded: boolean) {
    this.idle = this.#idle;
    this.paused = this.#paused;
    this.#computing = bounded ? new ByAge() : null;
    this.#source = source;
    for (const member of members) this.#enter(member);
    if (!bounded) return;
    const computing = this.members.filter(({ status }) => status === 'computing');
    for (const member of computing.sort((a, b) => a.baseVersion - b.baseVersion))
      this.#computing?.add(member);
  }

  /** How many workers have work or wait for it. */
  get living(): number {
    return this.members.reduce((count, member) => (isLiving(member) ? count + 1 : count), 0);
  }

  /** Nobody computes, and nobody is to come or to come back. */
  get stands(): boolean {
    return this.available === this.#idle.size + this.#paused.size;
  }

  /** Everybody who is not gone has uploaded and waits for the commit. */
  get allWait(): boolean {
    return this.available > 0 && this.available === this.#idle.size;
  }

  /** A worker with a number that was not there; those with a lower one are gone until they join. */
  add(worker: WorkerId): MemberRecord {
    while (this.members.length < worker) this.#enter(absentMember(this.members.length, 'gone'));
    return this.#enter(absentMember(worker, 'gone'));
  }

  /** Those of the first `expected` workers that are gone for good, ascending. */
  gone(expected: number): readonly WorkerId[] {
    this.#gone ??= this.members.flatMap(({ status, worker }) =>
      status === 'gone' && worker < expected ? [worker] : [],
    );
    return this.#gone;
  }

  /** A new incarnation, which has no work yet. */
  join(member: MemberRecord, incarnation: number): void {
    this.#gone = null;
    if (member.status === 'gone') this.available += 1;
    member.incarnation = incarnation;
  }

  /** Its next attempt, from the present version. */
  compute(member: MemberRecord, time: Time): void {
    this.#release(member);
    member.attempt += 1;
    member.status = 'computing';
    member.baseVersion = this.#source.version;
    member.assignedAt = time;
    member.uploadedAt = null;
    this.#computing?.add(member);
  }

  /** It uploaded and waits. */
  rest(member: MemberRecord, time: Time): void {
    this.#release(member);
    member.status = 'idle';
    member.uploadedAt = time;
    this.#idle.add(member);
  }

  /** It gets no work for now. */
  pause(member: MemberRecord): void {
    this.#release(member);
    member.status = 'paused';
    this.#paused.add(member);
  }

  /** It is lost, for a while or for good. */
  leave(member: MemberRecord, status: 'lost' | 'gone', incarnation: number): void {
    this.#release(member);
    member.leave(status, incarnation);
    this.#gone = null;
    if (status === 'gone') this.available -= 1;
  }

  /** Those who compute from this version or an older one, those with the oldest first. */
  computingFrom(version: number): readonly MemberRecord[] {
    return this.#computing?.upTo(version) ?? [];
  }

  /** τ_k of every living worker, as [worker, τ_k]. */
  stalenessVector(): Commit['staleness'] {
    return this.members.filter(isLiving).map(({ worker, staleness }) => [worker, staleness]);
  }

  #enter(member: Member): MemberRecord {
    const record = new MemberRecord(member, this.#source);
    this.members.push(record);
    if (member.status !== 'gone') this.available += 1;
    if (member.status === 'idle') this.#idle.add(record);
    if (member.status === 'paused') this.#paused.add(record);
    return record;
  }

  /** It neither computes nor waits any more. */
  #release(member: MemberRecord): void {
    if (member.status === 'computing') this.#computing?.remove(member);
    if (member.status === 'idle') this.#idle.delete(member);
    if (member.status === 'paused') this.#paused.delete(member);
  }
}
