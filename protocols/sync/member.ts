/**
 * The engine's records of its workers. A record changes in place; τ_k is derived, so that a commit touches nobody who has
 * no part in it. `MemberRecord.plain` is what goes into states and files.
 */
import type { Time, WorkerId } from './events.js';
import type { Member, MemberStatus } from './policy.js';

/** The version that τ_k is counted up to. */
export interface VersionSource {
  readonly version: number;
}

/** A worker that has not joined. */
export function absentMember(worker: number, status: 'expected' | 'gone'): Member {
  return {
    worker,
    status,
    incarnation: 0,
    attempt: 0,
    baseVersion: 0,
    staleness: 0,
    assignedAt: 0,
    uploadedAt: null,
  };
}

/** Has an assignment or waits for the next one. */
export function isLiving({ status }: Pick<Member, 'status'>): boolean {
  return status === 'computing' || status === 'idle' || status === 'paused';
}

export class MemberRecord implements Member {
  readonly worker: WorkerId;
  status: MemberStatus;
  incarnation: number;
  attempt: number;
  baseVersion: number;
  assignedAt: Time;
  uploadedAt: Time | null;
  /** Number of the event that gave it its work, as this engine counts them; 0: an earlier one. Not part of the state. */
  assignedIn = 0;
  /** Its neighbours in `ByAge`. Not part of the state. */
  older: MemberRecord | null = null;
  newer: MemberRecord | null = null;
  readonly #source: VersionSource;
  /** τ_k of a worker that does not live: it no longer grows. */
  #staleness: number;

  constructor(member: Member, source: VersionSource) {
    this.worker = member.worker;
    this.status = member.status;
    this.incarnation = member.incarnation;
    this.attempt = member.attempt;
    this.baseVersion = member.baseVersion;
    this.assignedAt = member.assignedAt;
    this.uploadedAt = member.uploadedAt;
    this.#source = source;
    this.#staleness = member.staleness;
  }

  get staleness(): number {
    return isLiving(this) ? this.#source.version - this.baseVersion : this.#staleness;
  }

  /** It is lost, for a while or for good. */
  leave(status: 'lost' | 'gone', incarnation: number): void {
    this.#staleness = this.staleness;
    this.status = status;
    this.incarnation = incarnation;
  }

  plain(): Member {
    const { worker, status, incarnation, attempt, baseVersion, staleness, assignedAt, uploadedAt } = this;
    return { worker, status, incarnation, attempt, baseVersion, staleness, assignedAt, uploadedAt };
  }

  toJSON(): Member {
    return this.plain();
  }
}
