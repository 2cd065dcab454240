/** The restart policy that a run's settings describe, for its workers and for the processes that it starts. */
import type { RestartPolicy } from '../../actors/supervision.js';
import { seededRandom } from '../random/seeded-random.js';
import type { WorkerConfig } from './worker-config.js';

type RestartSettings = Pick<
  WorkerConfig,
  'maxRestarts' | 'restartWindow' | 'restartBackoff' | 'restartBackoffMax' | 'seed'
>;

/** @param stream names the random numbers of the jitter */
export function restartPolicyOf(config: RestartSettings, stream: string): RestartPolicy {
  return {
    maxRestarts: config.maxRestarts,
    windowSeconds: config.restartWindow,
    backoff: {
      initialSeconds: config.restartBackoff,
      maxSeconds: config.restartBackoffMax,
      factor: 2,
      jitter: 0.5,
    },
    random: seededRandom(config.seed, stream),
  };
}
