/**
 * What the workers of a process need, made from what its server told: data, partitions, model, compute pool. Everything is a
 * function of the run's settings and seed, so it is the same in every process; what is not is refused.
 */
import type { WelcomeMessage } from '../../protocols/wire/lobby-messages.js';
import type { Compute } from '../compute/compute.js';
import { createCompute } from '../compute/compute-pool.js';
import type { FetchProgress } from '../data/fetch/fetch-progress.js';
import { loadDataset } from '../data/load-dataset.js';
import { makePartitions } from '../data/partitions/make-partitions.js';
import { parsePartition } from '../data/partitions/partition-spec.js';
import { assertSameContent, datasetSha256, findContent, modelSha256 } from './same-content.js';
import { timingOnly } from './timing-only.js';
import type { ResolvedWorkOptions } from './work.js';
import { readWorkerConfig, type WorkerConfig } from './worker-config.js';

export interface WorkParts {
  /** What they were made from. */
  readonly key: string;
  readonly config: WorkerConfig;
  readonly compute: Compute;
  close(): Promise<void>;
}

export interface WorkPreparation {
  /** Aborted when they are not needed any more. */
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  readonly onFetchProgress?: (progress: FetchProgress) => void;
}

/** @throws StalewartError WIRE, MODEL, DATA, CONFIG (a backend that cannot be had); the signal's reason */
export async function prepareWork(
  key: string,
  welcome: Pick<WelcomeMessage, 'config' | 'model' | 'dataset'>,
  options: Pick<ResolvedWorkOptions, 'threads' | 'backend' | 'engine' | 'dataDir' | 'modules' | 'checkCache'>,
  { signal, warn, onFetchProgress }: WorkPreparation,
): Promise<WorkParts> {
  const config = readWorkerConfig(welcome.config);
  const { threads, backend, engine, dataDir, modules, checkCache } = options;
  const { seed, batchSize, learningRate, localOptimizer } = config;
  const model = await findContent('model', welcome.model, modules);
  const source = await findContent('dataset', welcome.dataset, modules);
  const dataset = await loadDataset(source, {
    seed,
    signal,
    dataDir,
    checkCache,
    onProgress: onFetchProgress,
  });
  signal.throwIfAborted();
  assertSameContent('dataset', welcome.dataset, datasetSha256(dataset));
  const partitions = makePartitions(
    parsePartition(config.partition),
    dataset.train.labels,
    dataset.classes,
    config.workers,
    seed,
    batchSize,
  );
  const trains = config.compute === 'gradients';
  const pool = await createCompute({
    model,
    dataset,
    partitions,
    batchSize,
    learningRate,
    seed,
    threads: trains ? threads : 1,
    backend,
    engine,
    localOptimizer,
    warn,
    signal,
  });
  try {
    assertSameContent('model', welcome.model, modelSha256(pool.model));
    signal.throwIfAborted();
  } catch (error) {
    await pool.close();
    throw error;
  }
  const compute = trains ? pool : await timingOnly(pool, batchSize);
  return { key, config, compute, close: () => compute.close() };
}
