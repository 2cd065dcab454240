/**
 * Counting communication. The paper's measure: each worker that communicates with the server in a round adds 1, however
 * often it does, so a round adds its uploaders and those restarted in it; the restarts of a commit belong to the round that
 * it closes. Whoever overran its time limit is no restart, since no bound on staleness had it give up, but it is given a
 * model without having uploaded, so it communicates. The same is counted without both: uploaders only. Uploads, downloads and
 * restarts are counted separately as well: which policy wins can depend on what is counted. Losses and repetitions on the way are not the algorithm's
 * doing and count nowhere.
 */
import type { EngineStep, WorkerId } from './events.js';
import { isOverrun } from './task-deadline.js';

/** All cumulative, but for `communicated` and `onlyRestarted`. Plain JSON. */
export interface CommunicationCounts {
  /** Answers of workers to a living assignment, whether they counted or were refused (by the policy, or as non-finite). */
  readonly uploads: number;
  /** Models given out, one per assignment. */
  readonly downloads: number;
  /** Restarts of workers that had fallen too far behind, or that the policy named; overruns of time limits are none. */
  readonly restarts: number;
  /** The paper's count: the workers that uploaded, were restarted or overran their time limit in a round, summed over rounds,
   *  the open one included. */
  readonly communicationRounds: number;
  /** The same without what only the download of a restart or an overrun adds: the workers that uploaded in a round, summed over rounds. */
  readonly communicationRoundsWithoutRestarts: number;
  /**
   * Updates of which nothing came: refused on arrival, or dropped while they were held. A repeated upload is none, unless
   * the worker has its next assignment already: then nothing tells it from that of a cancelled one.
   */
  readonly discarded: number;
  /** Samples behind the updates that were applied. */
  readonly trainedSamples: number;
  /** Workers that `communicationRounds` has counted for the open round. */
  readonly communicated: readonly WorkerId[];
  /** Those of them that have uploaded nothing in the open round. */
  readonly onlyRestarted: readonly WorkerId[];
}

export const nothingCommunicated: CommunicationCounts = {
  uploads: 0,
  downloads: 0,
  restarts: 0,
  communicationRounds: 0,
  communicationRoundsWithoutRestarts: 0,
  discarded: 0,
  trainedSamples: 0,
  communicated: [],
  onlyRestarted: [],
};

/** Goes on counting, step by step. Each costs what is in it, however many workers have communicated in the round. */
export class CommunicationCounter {
  readonly #communicated: Set<WorkerId>;
  readonly #onlyRestarted: Set<WorkerId>;
  #uploads: number;
  #downloads: number;
  #restarts: number;
  /** Of the rounds that are closed. */
  #communicationRounds: number;
  #withoutRestarts: number;
  #discarded: number;
  #trainedSamples: number;

  /** @param from counts to go on from */
  constructor(from: CommunicationCounts = nothingCommunicated) {
    this.#communicated = new Set(from.communicated);
    this.#onlyRestarted = new Set(from.onlyRestarted);
    this.#uploads = from.uploads;
    this.#downloads = from.downloads;
    this.#restarts = from.restarts;
    this.#communicationRounds = from.communicationRounds - this.#communicated.size;
    this.#withoutRestarts = from.communicationRoundsWithoutRestarts - this.#uploaders;
    this.#discarded = from.discarded;
    this.#trainedSamples = from.trainedSamples;
  }

  /** As they are now. */
  get counts(): CommunicationCounts {
    return {
      uploads: this.#uploads,
      downloads: this.#downloads,
      restarts: this.#restarts,
      communicationRounds: this.#communicationRounds + this.#communicated.size,
      communicationRoundsWithoutRestarts: this.#withoutRestarts + this.#uploaders,
      discarded: this.#discarded,
      trainedSamples: this.#trainedSamples,
      communicated: [...this.#communicated],
      onlyRestarted: [...this.#onlyRestarted],
    };
  }

  add({ event, effects }: EngineStep): void {
    let closed = false;
    for (const effect of effects) {
      switch (effect.type) {
        case 'accumulate':
          this.#upload(effect.worker);
          break;
        case 'discard':
          // The one of an update that is held, the other of one that was applied.
          if (effect.reason === 'duplicate' || effect.reason === 'released') break;
          this.#discarded += 1;
          if (effect.reason === 'non-finite' || effect.reason === 'refused-by-policy')
            this.#upload(effect.worker);
          break;
        case 'commit':
          closed = true;
          for (const { samples, repeated } of effect.contributions) {
            this.#trainedSamples += repeated ? 0 : samples;
          }
          break;
        case 'assign':
          this.#downloads += 1;
          break;
        case 'cancel':
          if (!isOverrun(effect, event)) this.#restarts += 1;
          if (!this.#communicated.has(effect.worker)) this.#onlyRestarted.add(effect.worker);
          this.#communicated.add(effect.worker);
          break;
        default:
          break;
      }
    }
    // The restarts of a commit, which follow it, belong to the round that it closes.
    if (closed) this.#close();
  }

  /** Workers that have uploaded in the open round. */
  get #uploaders(): number {
    return this.#communicated.size - this.#onlyRestarted.size;
  }

  #upload(worker: WorkerId): void {
    this.#uploads += 1;
    this.#communicated.add(worker);
    this.#onlyRestarted.delete(worker);
  }

  #close(): void {
    this.#communicationRounds += this.#communicated.size;
    this.#withoutRestarts += this.#uploaders;
    this.#communicated.clear();
    this.#onlyRestarted.clear();
  }
}

/** The counts after one more step. They are copied; who counts many steps has a `CommunicationCounter`. */
export function countCommunication(counts: CommunicationCounts, step: EngineStep): CommunicationCounts {
  const counter = new CommunicationCounter(counts);
  counter.add(step);
  return counter.counts;
}
