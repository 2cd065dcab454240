/**
 * Stalewart's one public door. `train` starts a live run, `simulate` the same in simulated time, `compare` many of those; the round engine and its operators work on any `Observable` of
 * events; policies, models and data sets of your own are passed to `train` as values.
 */
export { compare } from './run/compare.js';
export { simulate, train } from './run/train.js';
export type { TrainOptions } from './run/train-options.js';
export type { CompareOptions } from './run/compare-options.js';
export type { CompareEntry, CompareItem } from './run/compare-entries.js';
export type {
  BegunRun,
  ComparedRun,
  Comparison,
  ComparisonInfo,
  ComparisonResult,
  EndedRun,
} from './run/comparison.js';
export { serve } from './run/serve.js';
export { type Work, type WorkEnd, type WorkEnvironment, type WorkOptions, work } from './run/work.js';
export type { TrainEnvironment } from './run/train-environment.js';
export type { Notice, Run, RunInfo } from './run/run.js';
export type { Spread } from './telemetry/spread.js';
export type {
  ComparisonEntryRecord,
  ComparisonRecord,
  ComparisonRunRecord,
} from './telemetry/comparison-file.js';
export type { Summary } from './telemetry/summary.js';
export { type Report, report, type ReportOptions } from './report/report.js';
export type {
  EvaluationRecord,
  FailureRecord,
  RestartRecord,
  RoundRecord,
  WorkerState,
  WorkerStatus,
} from './telemetry/run-events.js';

export {
  gatherRounds,
  type Round,
  RoundEngineError,
  runRoundEngine,
} from '../protocols/sync/gather-rounds.js';
export {
  advance,
  type EngineOptions,
  type EngineState,
  initialState,
  plainState,
} from '../protocols/sync/round-engine.js';
export type * from '../protocols/sync/events.js';
export type * from '../protocols/sync/policy.js';
export type { DeltaCorrection } from '../protocols/sync/delta-correction.js';
export { type ServerOptimizerName, serverOptimizerNames } from '../protocols/sync/server-optimizer-names.js';
export { findPolicy, policies, policyNames } from '../protocols/sync/registry.js';
export {
  type PolicySettings,
  type PolicySettingsInput,
  resolvePolicySettings,
} from '../protocols/sync/settings.js';

export { loadDataset } from './data/load-dataset.js';
export type { Dataset, Partitions, Split } from './data/dataset.js';
export { makePartitions } from './data/partitions/make-partitions.js';
export { openModel } from './compute/open-model.js';
export { accuracyOf } from './compute/accuracy-of.js';
export type { ModelSource } from './compute/model-source.js';

export { type ErrorCode, exitCodes, StalewartError } from './errors.js';
