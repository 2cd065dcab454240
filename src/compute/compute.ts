/**
 * What the actors know of computing: parameters, partition, seed and U in; delta and loss out. A pool of threads stands
 * behind it; which thread computes a task never changes its outcome.
 */
import type { EngineName } from './engine-choice.js';

/** One assignment's work. */
export interface LocalTask {
  readonly worker: number;
  /** Number of the assignment, 1-based, over all lives of the worker: it and `gone` alone decide which batches are drawn. */
  readonly attempt: number;
  /** All weights at the start, flat; over a SharedArrayBuffer; never written. */
  readonly parameters: Float32Array;
  /** U. */
  readonly localSteps: number;
  /** Workers that have left for good, ascending: the batches are drawn from the worker's part of their data too.
   *  Default: none. */
  readonly gone?: readonly number[];
}

export interface LocalUpdate {
  /** Final − received weights, and the final values of those that no gradient moves; same length and order as
   *  `parameters`; over a buffer of its own. */
  readonly delta: Float32Array;
  readonly steps: number;
  readonly samples: number;
  /** Mean mini-batch loss over the steps; may be NaN or infinite. */
  readonly loss: number;
  /** Loss of the first mini-batch before any step. */
  readonly firstLoss: number;
  /** Seconds of computing, waiting for a free thread not included. */
  readonly computeSeconds: number;
}

/** What an evaluation found. */
export interface Evaluation {
  /** Fraction of the examples whose class was predicted, 0 … 1. */
  readonly accuracy: number;
  /** Mean loss. */
  readonly loss: number;
  readonly samples: number;
}

export interface ModelInfo {
  readonly name: string;
  /** Total number of weights (trainable and not): the length of a parameter vector. */
  readonly parameterCount: number;
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly trainable: boolean;
  }[];
  /** Initial weights from the run's seed. */
  readonly initial: Float32Array;
  /** Keras-style JSON of the model, as `tf.loadLayersModel` reads it. */
  readonly topology: unknown;
  /** What carries out its steps, and why: see `Compute`. */
  readonly engine: EngineName;
  readonly engineReason: string;
}

export interface Compute {
  /** `wasm`, `tensorflow` or `cpu`. */
  readonly backend: string;
  /** Why this backend, in a few words: `@tensorflow/tfjs-node is not installed`. */
  readonly backendReason: string;
  /** What carries out the steps of this model: `plan` (compiled for it) or `tfjs` (on the backend). */
  readonly engine: string;
  /** Why this engine, in a few words: `no plan: layer noise (GaussianNoise): a plan cannot do layers of this kind`. */
  readonly engineReason: string;
  readonly threads: number;
  readonly model: ModelInfo;
  /**
   * Runs the task on the next free thread, first come, first served; a worker whose task was cancelled while it waited keeps
   * its place for its next one. When `signal` aborts, work stops at the next step
   * boundary and the promise rejects with the signal's reason.
   * @throws StalewartError COMPUTE if the step throws or its thread exits (a new thread takes its place)
   */
  run(task: LocalTask, signal: AbortSignal): Promise<LocalUpdate>;
  /** Accuracy and loss on the first `samples` test examples (all by default), spread over the threads. */
  evaluate(parameters: Float32Array, samples?: number): Promise<Evaluation>;
  /** Ends the threads; pending work is rejected. */
  close(): Promise<void>;
}
