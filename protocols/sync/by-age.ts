/**
 * Who computes, those with the oldest model first. Whoever is given a model is given the newest, so it goes to the end, and the
 * order keeps itself: who is as far behind as a bound allows is found without looking at the others, and a worker that comes or
 * goes costs the same however many there are. The list runs through the records.
 */
import type { MemberRecord } from './member.js';

export class ByAge {
  #oldest: MemberRecord | null = null;
  #newest: MemberRecord | null = null;

  /** @param member one that is not in it, with a model at least as new as everybody else's */
  add(member: MemberRecord): void {
    member.older = this.#newest;
    if (this.#newest === null) this.#oldest = member;
    else this.#newest.newer = member;
    this.#newest = member;
  }

  /** @param member one that is in it */
  remove(member: MemberRecord): void {
    const { older, newer } = member;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    member.older = null;
    member.newer = null;
  }

  /** Those who compute from this version or an older one, the oldest first. */
  upTo(version: number): MemberRecord[] {
    const found: MemberRecord[] = [];
    for (let next = this.#oldest; next !== null && next.baseVersion <= version; next = next.newer) {
      found.push(next);
    }
    return found;
  }
}
