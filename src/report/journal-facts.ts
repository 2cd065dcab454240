/**
 * What only the journal tells of a run: who contributed, how stale what was applied was, and the communication without
 * restarts. One step after the other is taken in and forgotten, so that journals of any size fit; what is kept grows with the
 * number of workers, not of events.
 */
import type { Effect, EngineStep } from '../../protocols/sync/events.js';
import { isOverrun } from '../../protocols/sync/task-deadline.js';

export interface JournalFacts {
  /** Applied updates of each worker, by its number. */
  readonly contributions: readonly number[];
  /** Restarts of each worker, by its number. */
  readonly restarts: readonly number[];
  /** How many applied updates had each staleness, by staleness in versions, ascending. */
  readonly staleness: readonly (readonly [staleness: number, updates: number])[];
  /** Updates of which nothing came. */
  readonly discarded: number;
  /** Σ over closed rounds of the workers that uploaded in the round: the paper's count without those only restarted in it. */
  readonly uploadRounds: number;
  /** `uploadRounds` when each of the versions asked for was made. */
  readonly uploadRoundsAt: ReadonlyMap<number, number>;
  readonly steps: number;
  /** Version of the last round in it. */
  readonly lastVersion: number;
}

/** Whether the effect is a worker's answer to a living assignment, as the counts of `rounds.csv` have it. */
const isUpload = (effect: Effect): boolean =>
  effect.type === 'accumulate' ||
  (effect.type === 'discard' && (effect.reason === 'non-finite' || effect.reason === 'refused-by-policy'));

export class JournalFold {
  readonly #contributions: number[];
  readonly #restarts: number[];
  readonly #staleness = new Map<number, number>();
  readonly #versions: ReadonlySet<number>;
  readonly #uploadRoundsAt = new Map<number, number>([[0, 0]]);
  readonly #uploaders = new Set<number>();
  #uploadRounds = 0;
  #discarded = 0;
  #steps = 0;
  #lastVersion = 0;

  /**
   * @param workers N: workers that never appear are counted with 0
   * @param versions at which communication is asked for
   */
  constructor(workers: number, versions: Iterable<number>) {
    this.#contributions = Array.from({ length: workers }, () => 0);
    this.#restarts = Array.from({ length: workers }, () => 0);
    this.#versions = new Set(versions);
  }

  step({ event, effects }: EngineStep): void {
    this.#steps += 1;
    let closed: number | null = null;
    for (const effect of effects) {
      if (isUpload(effect) && 'worker' in effect) this.#uploaders.add(effect.worker);
      if (effect.type === 'discard' && effect.reason !== 'duplicate') this.#discarded += 1;
      if (effect.type === 'cancel' && !isOverrun(effect, event)) countUp(this.#restarts, effect.worker);
      if (effect.type !== 'commit') continue;
      closed = effect.version;
      for (const { worker, staleness } of effect.contributions) {
        countUp(this.#contributions, worker);
        this.#staleness.set(staleness, (this.#staleness.get(staleness) ?? 0) + 1);
      }
    }
    if (closed !== null) this.#close(closed);
  }

  facts(): JournalFacts {
    return {
      contributions: this.#contributions,
      restarts: this.#restarts,
      staleness: [...this.#staleness].sort(([left], [right]) => left - right),
      discarded: this.#discarded,
      uploadRounds: this.#uploadRounds,
      uploadRoundsAt: this.#uploadRoundsAt,
      steps: this.#steps,
      lastVersion: this.#lastVersion,
    };
  }

  #close(version: number): void {
    this.#lastVersion = version;
    this.#uploadRounds += this.#uploaders.size;
    this.#uploaders.clear();
    if (this.#versions.has(version)) this.#uploadRoundsAt.set(version, this.#uploadRounds);
  }
}

function countUp(counts: number[], worker: number): void {
  while (counts.length <= worker) counts.push(0);
  counts[worker] = (counts[worker] ?? 0) + 1;
}
