/**
 * `Compute` over a pool of threads, one per core, that run the local steps of all logical workers of this process. The
 * main thread never loads TensorFlow.js: it stays free for actors and messages.
 */
import { availableParallelism } from 'node:os';
import type { Dataset, Partitions } from '../data/dataset.js';
import { configError, StalewartError } from '../errors.js';
import { type BackendChoice, backendCandidates, prepareProcess } from './backend.js';
import type { Compute, Evaluation, LocalTask, LocalUpdate, ModelInfo } from './compute.js';
import { evaluateInParts } from './evaluate-in-parts.js';
import { firstLine } from './first-line.js';
import type { LocalOptimizer } from './local-sgd.js';
import { type ModelSource, postModel } from './model-source.js';
import { shareDataset, sharePartitions } from './shared-data.js';
import type { ThreadData } from './thread-messages.js';
import { StartError, ThreadPool } from './thread-pool.js';

export interface ComputeOptions {
  readonly model: ModelSource;
  readonly dataset: Dataset;
  /** One per logical worker, each of at least `batchSize` examples. */
  readonly partitions: Partitions;
  /** B. */
  readonly batchSize: number;
  /** η, of the local steps. */
  readonly learningRate: number;
  /** Initial weights, batches and dropout masks come from it. */
  readonly seed: number;
  /** Default: `os.availableParallelism()`. */
  readonly threads?: number;
  /** Default: `auto`. */
  readonly backend?: BackendChoice;
  /** Default: `sgd`. Its state begins afresh with every task. */
  readonly localOptimizer?: LocalOptimizer;
}

/**
 * Starts the threads; resolves when each has made the model and taken a probing step.
 * @throws StalewartError MODEL, field `model`, if the model cannot be made, does not fit the data set, or cannot take a step
 * @throws StalewartError CONFIG if a batch is larger than a partition, or the backend asked for cannot be loaded
 */
export async function createCompute(options: ComputeOptions): Promise<Compute> {
  const threads = options.threads ?? availableParallelism();
  if (!Number.isInteger(threads) || threads < 1)
    throw configError('threads', threads, 'a whole number from 1');
  const { batchSize } = options;
  const small = options.partitions.findIndex((partition) => partition.length < batchSize);
  if (small >= 0) {
    const size = options.partitions[small]?.length;
    throw configError(
      'batchSize',
      batchSize,
      `at most ${size}, the examples in the partition of worker ${small}`,
    );
  }
  const started = await startPool(threads, options.backend ?? 'auto', {
    model: await postModel(options.model),
    dataset: shareDataset(options.dataset),
    partitions: sharePartitions(options.partitions),
    batchSize,
    learningRate: options.learningRate,
    localOptimizer: options.localOptimizer ?? 'sgd',
    seed: options.seed,
  });
  return computeOver(started, threads, options.dataset.test.size);
}

interface StartedPool {
  readonly pool: ThreadPool;
  readonly model: ModelInfo;
  readonly backend: string;
  readonly backendReason: string;
}

async function startPool(
  threads: number,
  choice: BackendChoice,
  data: Omit<ThreadData, 'backend'>,
): Promise<StartedPool> {
  const candidates = backendCandidates(choice);
  let failure = '';
  for (const [i, { name, reason }] of candidates.entries()) {
    prepareProcess(name);
    try {
      const { pool, model } = await ThreadPool.start({ ...data, backend: name }, threads);
      return { pool, model, backend: name, backendReason: reason + failure };
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      // A model that cannot be made is as wrong on the next backend.
      if (error.phase === 'model' || i === candidates.length - 1) throw error.cause;
      failure = ` (${firstLine(error.cause.cause ?? error.cause)})`;
    }
  }
  throw configError('backend', choice, 'a backend');
}

function computeOver(
  { pool, model, backend, backendReason }: StartedPool,
  threads: number,
  testSize: number,
): Compute {
  function assertLength(parameters: Float32Array): void {
    if (parameters.length === model.parameterCount) return;
    throw new StalewartError(
      'COMPUTE',
      `${parameters.length} parameters were given: model ${model.name} has ${model.parameterCount}`,
    );
  }

  return {
    backend,
    backendReason,
    threads,
    model,
    async run(
      { worker, attempt, parameters, localSteps }: LocalTask,
      signal: AbortSignal,
    ): Promise<LocalUpdate> {
      assertLength(parameters);
      const answer = await pool.submit(
        { type: 'train', task: { worker, attempt, parameters, localSteps } },
        signal,
      );
      if (answer.type !== 'trained') throw new TypeError(`a task was answered with ${answer.type}`);
      return answer.update;
    },
    async evaluate(parameters: Float32Array, samples: number = testSize): Promise<Evaluation> {
      assertLength(parameters);
      return evaluateInParts(pool, parameters, Math.min(samples, testSize), threads);
    },
    close: () => pool.close(),
  };
}
