/**
 * Counting communication. The paper's measure: each worker that communicates with the server in a round adds 1, so a round
 * adds its uploaders and those restarted in it. Uploads, downloads and restarts are counted separately as well: which policy
 * wins can depend on what is counted.
 */
import type { EngineStep } from './events.js';

/** All cumulative. */
export interface CommunicationCounts {
  /** Updates received of living assignments, refused ones included; repeated and dead uploads are not counted. */
  readonly uploads: number;
  /** Models sent. */
  readonly downloads: number;
  /** Restarts of workers that had fallen too far behind, or that the policy named. */
  readonly restarts: number;
  /** The paper's count: uploaders and restarted workers of every closed round. Without restarts: subtract `restarts`. */
  readonly communicationRounds: number;
  /** Updates that arrived and were not applied, for any reason. */
  readonly discarded: number;
  /** Samples behind the updates that were applied. */
  readonly trainedSamples: number;
}

export const nothingCommunicated: CommunicationCounts = {
  uploads: 0,
  downloads: 0,
  restarts: 0,
  communicationRounds: 0,
  discarded: 0,
  trainedSamples: 0,
};

/** The counts after one more step. */
export function countCommunication(
  counts: CommunicationCounts,
  { effects }: EngineStep,
): CommunicationCounts {
  let { uploads, downloads, restarts, communicationRounds, discarded, trainedSamples } = counts;
  for (const effect of effects) {
    switch (effect.type) {
      case 'accumulate':
        uploads += 1;
        break;
      case 'discard':
        discarded += 1;
        if (effect.reason === 'non-finite' || effect.reason === 'refused-by-policy') uploads += 1;
        break;
      case 'commit':
        communicationRounds += new Set(effect.contributions.map(({ worker }) => worker)).size;
        trainedSamples += effect.contributions.reduce((sum, { samples }) => sum + samples, 0);
        break;
      case 'assign':
        downloads += 1;
        break;
      case 'cancel':
        restarts += 1;
        communicationRounds += 1;
        break;
      default:
        break;
    }
  }
  return { uploads, downloads, restarts, communicationRounds, discarded, trainedSamples };
}
