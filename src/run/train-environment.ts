/** What a front end adds to a run: how it hears of preparations, how it stops it, and how errors name a setting. */
import type { Origin } from '../config/origin.js';
import type { FetchProgress } from '../data/fetch/fetch-progress.js';

export interface TrainEnvironment {
  /** How errors name a setting: `batchSize` (default), `--batch-size`, `batchSize (job.yaml:3)`. */
  readonly origin?: Origin;
  /** Told while a data set is fetched. */
  readonly onFetchProgress?: (progress: FetchProgress) => void;
  /** When it aborts, the run is stopped as by `stop()`: after the open round, or before it begins to train. */
  readonly signal?: AbortSignal;
}
