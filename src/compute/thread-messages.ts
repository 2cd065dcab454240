/**
 * What passes between the main thread and a compute thread. Arrays over shared memory, deltas among them, are
 * posted by reference: nothing that grows with the data set or the model is copied.
 */
import type { Dataset, Partitions } from '../data/dataset.js';
import { type ErrorCode, StalewartError } from '../errors.js';
import type { BackendName } from './backend.js';
import type { CompiledModules } from './compiled-modules.js';
import type { LocalTask, LocalUpdate, ModelInfo } from './compute.js';
import type { EngineChoice } from './engine-choice.js';
import type { EvaluationPart } from './evaluate.js';
import type { LocalOptimizer } from './local-optimizers.js';
import type { PostedModel } from './model-source.js';

/** What a thread is started with. */
export interface ThreadData {
  readonly model: PostedModel;
  readonly dataset: Dataset;
  readonly partitions: Partitions;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly localOptimizer: LocalOptimizer;
  readonly seed: number;
  readonly backend: BackendName;
  readonly engine: EngineChoice;
  /** Posted by reference: no thread compiles them again. */
  readonly modules: CompiledModules;
}

export type Job =
  | { readonly type: 'train'; readonly task: LocalTask }
  | {
      readonly type: 'evaluate';
      readonly parameters: Float32Array;
      /** First test example, and the one after the last. */
      readonly from: number;
      readonly to: number;
    };

/** Main thread → compute thread. */
export interface JobMessage {
  readonly job: Job;
  /** One shared element: not 0 when the work is to stop at the next step boundary. */
  readonly cancel: Int32Array;
}

/** Compute thread → main thread: `ready` or `cannot-start` once, then one answer to each job. */
export type ThreadMessage =
  | { readonly type: 'ready'; readonly model: ModelInfo }
  | { readonly type: 'cannot-start'; readonly phase: StartPhase; readonly error: PostedError }
  | { readonly type: 'trained'; readonly update: LocalUpdate }
  | { readonly type: 'evaluated'; readonly part: EvaluationPart }
  | { readonly type: 'cancelled' }
  | { readonly type: 'failed'; readonly error: PostedError };

/** What a thread does before it is ready: load the backend, make the model, try a training step. */
export type StartPhase = 'backend' | 'model' | 'step';

/** An error in a form that survives being posted: structured cloning drops the fields and class of our own errors. */
export interface PostedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: ErrorCode | null;
  readonly field: string | undefined;
  readonly value: unknown;
  readonly allowed: string | undefined;
  readonly cause: PostedError | null;
}

/** @param depth how many causes to follow */
export function postError(thrown: unknown, depth = 8): PostedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const ours = error instanceof StalewartError ? error : null;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: ours?.code ?? null,
    field: ours?.field,
    value: isPlain(ours?.value) ? ours?.value : String(ours?.value),
    allowed: ours?.allowed,
    cause: error.cause === undefined || depth === 0 ? null : postError(error.cause, depth - 1),
  };
}

export function reviveError(posted: PostedError): Error {
  const cause = posted.cause === null ? undefined : reviveError(posted.cause);
  if (posted.code !== null) {
    const { field, value, allowed } = posted;
    return new StalewartError(posted.code, posted.message, {
      ...(field === undefined ? {} : { field }),
      ...(allowed === undefined ? {} : { allowed }),
      value,
      cause,
    });
  }
  const error = new Error(posted.message, cause === undefined ? undefined : { cause });
  error.name = posted.name;
  if (posted.stack !== undefined) error.stack = posted.stack;
  return error;
}

function isPlain(value: unknown): boolean {
  return value === undefined || value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
