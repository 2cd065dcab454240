/**
 * Who computes from which version. Whoever is as far behind as a bound allows is found without looking at the others, so a
 * commit costs what it changes and not the number of workers.
 */
import type { WorkerId } from './events.js';

export class Cohorts {
  readonly #byVersion = new Map<number, Set<WorkerId>>();
  /** No cohort is older. */
  #oldest = 0;

  add(worker: WorkerId, version: number): void {
    const cohort = this.#byVersion.get(version);
    if (cohort === undefined) this.#byVersion.set(version, new Set([worker]));
    else cohort.add(worker);
    this.#oldest = Math.min(this.#oldest, version);
  }

  remove(worker: WorkerId, version: number): void {
    const cohort = this.#byVersion.get(version);
    cohort?.delete(worker);
    if (cohort?.size === 0) this.#byVersion.delete(version);
  }

  /** Those who compute from this version or an older one, in no particular order. */
  upTo(version: number): WorkerId[] {
    const found: WorkerId[] = [];
    // From the oldest on as long as that is fewer steps than there are cohorts.
    if (version - this.#oldest > this.#byVersion.size) {
      for (const [base, cohort] of this.#byVersion) if (base <= version) addAll(found, cohort);
    } else {
      for (let base = this.#oldest; base <= version; base += 1) {
        const cohort = this.#byVersion.get(base);
        if (cohort === undefined && base === this.#oldest) this.#oldest += 1;
        if (cohort !== undefined) addAll(found, cohort);
      }
    }
    return found;
  }
}

/** Not spread into a call, whose arguments are limited in number. */
function addAll(found: WorkerId[], cohort: ReadonlySet<WorkerId>): void {
  for (const worker of cohort) found.push(worker);
}
