/**
 * Counting communication. The paper's measure: each worker that communicates with the server in a round adds 1, however
 * often it does, so a round adds its uploaders and those restarted in it; the restarts of a commit belong to the round that
 * it closes. The same is counted without restarts: uploaders only. Uploads, downloads and restarts are counted separately
 * as well: which policy wins can depend on what is counted. Losses and repetitions on the way are not the algorithm's
 * doing and count nowhere.
 */
import type { EngineStep, WorkerId } from './events.js';

/** All cumulative, but for `communicated` and `onlyRestarted`. Plain JSON. */
export interface CommunicationCounts {
  /** Answers of workers to a living assignment, whether they counted or were refused (by the policy, or as non-finite). */
  readonly uploads: number;
  /** Models given out, one per assignment. */
  readonly downloads: number;
  /** Restarts of workers that had fallen too far behind, or that the policy named. */
  readonly restarts: number;
  /** The paper's count: the workers that uploaded or were restarted in a round, summed over rounds, the open one included. */
  readonly communicationRounds: number;
  /** The same without what only a restart's download adds: the workers that uploaded in a round, summed over rounds. */
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

const nobody: readonly WorkerId[] = [];

/** The counts after one more step. */
export function countCommunication(
  counts: CommunicationCounts,
  { effects }: EngineStep,
): CommunicationCounts {
  let { uploads, downloads, restarts, discarded, trainedSamples } = counts;
  const communicated = new Set(counts.communicated);
  // Of most rounds there are none, and this is done for every update.
  let onlyRestarted = counts.onlyRestarted.length === 0 ? null : new Set(counts.onlyRestarted);
  let closed = false;
  for (const effect of effects) {
    switch (effect.type) {
      case 'accumulate':
        uploads += 1;
        communicated.add(effect.worker);
        onlyRestarted?.delete(effect.worker);
        break;
      case 'discard':
        // The one of an update that is held, the other of one that was applied.
        if (effect.reason === 'duplicate' || effect.reason === 'released') break;
        discarded += 1;
        if (effect.reason !== 'non-finite' && effect.reason !== 'refused-by-policy') break;
        uploads += 1;
        communicated.add(effect.worker);
        onlyRestarted?.delete(effect.worker);
        break;
      case 'commit':
        closed = true;
        for (const { samples, repeated } of effect.contributions) trainedSamples += repeated ? 0 : samples;
        break;
      case 'assign':
        downloads += 1;
        break;
      case 'cancel':
        restarts += 1;
        if (!communicated.has(effect.worker)) (onlyRestarted ??= new Set()).add(effect.worker);
        communicated.add(effect.worker);
        break;
      default:
        break;
    }
  }
  const added = communicated.size - counts.communicated.length;
  const addedByRestarts = (onlyRestarted?.size ?? 0) - counts.onlyRestarted.length;
  return {
    uploads,
    downloads,
    restarts,
    communicationRounds: counts.communicationRounds + added,
    communicationRoundsWithoutRestarts: counts.communicationRoundsWithoutRestarts + added - addedByRestarts,
    discarded,
    trainedSamples,
    communicated: closed ? [] : [...communicated],
    onlyRestarted: closed || onlyRestarted === null ? nobody : [...onlyRestarted],
  };
}
