/**
 * What the server does with the step of a round: the second optimiser of a run, beside the local one of the workers. Its
 * gradient is the pseudo-gradient −step (FedOpt, arXiv 2003.00295).
 *
 * What it remembers is in double precision: the step is summed in it and the weights are rounded once, so that momentum 0
 * is exactly plain SGD and a run that resumes is exactly one that never stopped. It costs 8 bytes per weight and vector,
 * on the server alone.
 */
import type { ServerOptimizerName } from '../../../protocols/sync/server-optimizer-names.js';
import type { Stored } from '../stored-state.js';

export interface ServerOptimizer extends Stored {
  /**
   * Writes all elements of `next`.
   * @param step scale · Σ weight · delta; valid during the call only
   */
  apply(current: Float32Array, step: Float64Array, next: Float32Array): void;
}

/** Under the names of the run's settings. */
export interface ServerOptimizerSettings {
  /** η_g, above 0. */
  readonly serverLearningRate: number;
  /** β (β1 of Adam and Yogi), at least 0 and below 1. */
  readonly serverMomentum: number;
  /** β2, at least 0 and below 1. */
  readonly serverBeta2: number;
  /** τ, the adaptivity of Adam and Yogi, above 0. */
  readonly serverEpsilon: number;
  /** N: commits per step of the delayed momentum, at least 1. */
  readonly serverPeriod: number;
}

export interface ServerOptimizerDefinition {
  readonly name: ServerOptimizerName;
  /** One line: what becomes of the step. */
  readonly summary: string;
  readonly source: string;
  /** η_g where nobody says otherwise. */
  readonly learningRate: number;
  /** Settings that it reads. */
  readonly uses: readonly (keyof ServerOptimizerSettings)[];
  /** @param size elements of the weight vector */
  create(settings: ServerOptimizerSettings, size: number): ServerOptimizer;
}
