/** What a front end adds to a run: how it hears of preparations, and how errors name a setting. */
import type { Origin } from '../config/origin.js';
import type { FetchProgress } from '../data/fetch/fetch-progress.js';

export interface TrainEnvironment {
  /** How errors name a setting: `batchSize` (default), `--batch-size`, `batchSize (job.yaml:3)`. */
  readonly origin?: Origin;
  /** Told while a data set is fetched. */
  readonly onFetchProgress?: (progress: FetchProgress) => void;
  /** Told once, before anything is begun, what to call to break off the preparations. */
  readonly signal?: AbortSignal;
}
