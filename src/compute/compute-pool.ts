/**
 * `Compute` over a pool of threads, one per core, that run the local steps of all logical workers of this process. The
 * main thread never loads TensorFlow.js: it stays free for actors and messages.
 */
import { availableParallelism } from 'node:os';
import type { Dataset, Partitions } from '../data/dataset.js';
import { configError, StalewartError } from '../errors.js';
import { countShared } from '../memory/shared-memory.js';
import { type BackendChoice, backendCandidates, backendChoices } from './backend.js';
import { compileModules } from './compiled-modules.js';
import type { Compute, Evaluation, LocalTask, LocalUpdate } from './compute.js';
import { type EngineChoice, engineChoices } from './engine-choice.js';
import { evaluateInParts } from './evaluate-in-parts.js';
import { type LocalOptimizer, localOptimizers } from './local-optimizers.js';
import { type ModelSource, postModel } from './model-source.js';
import { shareDataset, sharePartitions } from './shared-data.js';
import { type StartedPool, startPool } from './start-pool.js';

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
  /** Default: `auto`: a plan where the backend is `wasm` and the model can be planned. */
  readonly engine?: EngineChoice;
  /** Default: `sgd`. Its state begins afresh with every task. */
  readonly localOptimizer?: LocalOptimizer;
  /** Told, in one line, when a thread had to be replaced, and when it could not be. Default: nobody. */
  readonly warn?: (message: string) => void;
  /** Aborted while the threads start, it ends them, whatever they are doing. Default: none. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the threads; resolves when each has made the model and taken a probing step.
 * @throws StalewartError MODEL, field `model`, if the model cannot be made, does not fit the data set, or cannot take a step
 * @throws StalewartError CONFIG if an option is out of range, a batch larger than a partition, the backend asked for
 *   cannot be loaded, or the plan asked for cannot be made
 * @throws the signal's reason
 */
export async function createCompute(options: ComputeOptions): Promise<Compute> {
  const { batchSize, partitions, backend = 'auto', engine = 'auto', localOptimizer = 'sgd' } = options;
  const threads = options.threads ?? availableParallelism();
  if (!Number.isInteger(threads) || threads < 1)
    throw configError('threads', threads, 'a whole number from 1');
  assertOneOf('backend', backend, backendChoices);
  assertOneOf('engine', engine, engineChoices);
  assertOneOf('localOptimizer', localOptimizer, localOptimizers);
  const small = partitions.findIndex((partition) => partition.length < batchSize);
  if (small >= 0) {
    const size = partitions[small]?.length;
    throw configError(
      'batchSize',
      batchSize,
      `at most ${size}, the examples in the partition of worker ${small}`,
    );
  }
  const data = {
    model: await postModel(options.model),
    dataset: shareDataset(options.dataset),
    partitions: sharePartitions(partitions),
    batchSize,
    learningRate: options.learningRate,
    localOptimizer,
    engine,
    seed: options.seed,
    modules: await compileModules(),
  };
  const warn = options.warn ?? (() => {});
  const started = await startPool(backendCandidates(backend), threads, data, {
    warn,
    signal: options.signal ?? null,
  });
  return computeOver(started, threads, options.dataset.test.size);
}

function assertOneOf(field: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw configError(field, value, `one of ${allowed.join(', ')}`);
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
    engine: model.engine,
    engineReason: model.engineReason,
    threads,
    model,
    async run(
      { worker, attempt, parameters, localSteps, gone }: LocalTask,
      signal: AbortSignal,
    ): Promise<LocalUpdate> {
      assertLength(parameters);
      const task = { worker, attempt, parameters, localSteps, ...(gone !== undefined && { gone }) };
      const answer = await pool.submit({ type: 'train', task }, signal);
      if (answer.type !== 'trained') throw new TypeError(`a task was answered with ${answer.type}`);
      countShared(answer.update.delta);
      return answer.update;
    },
    async evaluate(parameters: Float32Array, samples: number = testSize): Promise<Evaluation> {
      assertLength(parameters);
      return evaluateInParts(pool, parameters, Math.min(samples, testSize), threads);
    },
    close: () => pool.close(),
  };
}
