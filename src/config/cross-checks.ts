/**
 * Checks that need more than one setting, or the names of what is built in. Each failed check is one line, named as
 * the user wrote the setting.
 */
import type { PolicyDefinition } from '../../protocols/sync/policy.js';
import { mostGone } from '../../protocols/wire/messages.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import { configError, StalewartError } from '../errors.js';
import { strangers } from '../stragglers/per-worker.js';
import { checkTraceCovers, loadTrace } from '../stragglers/trace.js';
import { refusedDataset, refusedModel } from './known-names.js';
import { defaultDeadAfter } from './fields/supervision.js';
import { inWordsOf, type Origin } from './origin.js';
import { wantedPolicy } from './policy-names.js';
import type { RunMode } from './run-mode.js';
import type { ParsedTrainConfig } from './schema.js';
import { broughtProblem, serverOptimizerOf } from './server-settings.js';
import { taskTimesProblem } from './task-times-problem.js';

/** What a program brings along beside the built-in names. */
export interface KnownNames {
  /** Beside the registered ones. */
  readonly policies: readonly PolicyDefinition[];
  readonly models: readonly string[];
  readonly datasets: readonly string[];
}

export interface FailedCheck {
  /** The settings that it compares, the one that is refused first. */
  readonly settings: readonly string[];
  readonly line: string;
}

/** Settings for ever longer silence: each must be more than the one before. */
const ladder = [
  ['heartbeat', 'suspectAfter'],
  ['suspectAfter', 'deadAfter'],
] as const;

/** By time. More would fill the disk before they said more. */
const mostEvaluations = 1_000_000;

/** @param said what the user gave, to be shown as given */
export function crossChecks(
  config: ParsedTrainConfig,
  said: Readonly<Record<string, unknown>>,
  origin: Origin,
  known: KnownNames,
  mode: RunMode = 'live',
): readonly FailedCheck[] {
  const failed: FailedCheck[] = [];
  const refuse = (
    setting: keyof ParsedTrainConfig,
    allowed: string,
    ...others: (keyof ParsedTrainConfig)[]
  ) => {
    const { message } = configError(origin.nameOf(setting), said[setting] ?? config[setting], allowed);
    failed.push({ settings: [setting, ...others], line: message });
  };
  const { workers } = config;

  const policy = findPolicy(config.policy, known.policies);
  if (policy === undefined) refuse('policy', wantedPolicy(config.policy, known.policies));
  for (const setting of ['k0', 'waitCount'] as const) {
    // Of mini-batches one worker may give several.
    if (setting === 'waitCount' && policy?.counts === 'mini-batches') continue;
    if ((config[setting] ?? 1) <= workers) continue;
    refuse(setting, `at most the number of workers, which is ${workers}`, 'workers');
  }
  if (config.threshold === 'constant' && config.maxStaleness === undefined) {
    refuse('threshold', `accompanied by ${origin.nameOf('maxStaleness')}, the constant`, 'maxStaleness');
  }
  const localSteps = policy?.defaults?.localSteps;
  if (localSteps !== undefined && (config.localSteps ?? localSteps) !== localSteps) {
    refuse('localSteps', `${localSteps} with the policy ${config.policy}`, 'policy');
  }
  const brought = policy?.defaults === undefined ? null : broughtProblem(policy.defaults);
  if (brought !== null) {
    failed.push({
      settings: ['policy'],
      line: `the policy ${config.policy} cannot be used: it brings ${brought}`,
    });
  }
  if (config.serverLearningRate !== undefined && config.serverLearningRate !== 1) {
    const averages = serverOptimizerOf(config, policy?.defaults) === 'averaging';
    const allowed = `1 where ${origin.nameOf('serverOptimizer')} is averaging (sgd takes others)`;
    if (averages) refuse('serverLearningRate', allowed, 'serverOptimizer', 'policy');
  }
  if (config.targetAccuracy !== null && config.evalEvery === null && config.evalEveryTime === null) {
    const evaluations = `${origin.nameOf('evalEvery')} or ${origin.nameOf('evalEveryTime')}`;
    refuse(
      'targetAccuracy',
      `accompanied by ${evaluations}: nothing measures it`,
      'evalEvery',
      'evalEveryTime',
    );
  }
  const { time, evalEveryTime } = config;
  if (time !== null && evalEveryTime !== null && time / evalEveryTime > mostEvaluations) {
    const least = `at least ${time / mostEvaluations}`;
    refuse('evalEveryTime', `${least}: a run of ${time} would be evaluated over a million times`, 'time');
  }
  const model = refusedModel(config.model, known.models);
  if (model !== null) refuse('model', model);
  const dataset = refusedDataset(config.dataset, known.datasets);
  if (dataset !== null) refuse('dataset', dataset);
  for (const setting of ['slowdown', 'bursts', 'latency', 'bandwidth'] as const) {
    const [stranger] = strangers(config[setting], workers);
    if (stranger === undefined) continue;
    refuse(setting, `for workers 0 to ${workers - 1}, and ${stranger} is none of them`, 'workers');
  }
  if (config.straggler.law === 'empirical') {
    const line = traceProblem(config.straggler.file, workers, origin);
    if (line !== null) failed.push({ settings: ['straggler', 'workers'], line });
  }
  if (mode === 'simulated' && !failed.some(({ settings }) => settings.includes('workers'))) {
    const allowed = taskTimesProblem(config);
    if (allowed !== null) refuse('straggler', allowed, 'workers', 'slowdown', 'bursts');
  }
  for (const [earlier, later] of ladder) {
    if (config[later] > config[earlier]) continue;
    const bound = `${origin.nameOf(earlier)}, which is ${config[earlier]}`;
    refuse(later, `more than ${bound}`, earlier);
  }
  for (const deadline of ['roundDeadline', 'time'] as const) {
    const ends = config[deadline];
    // Nobody who asks for a short run or round has to care for the default.
    if (mode === 'simulated' || ends === null || config.deadAfter === defaultDeadAfter) continue;
    if (config.deadAfter >= ends) {
      refuse('deadAfter', `less than ${origin.nameOf(deadline)}, which is ${ends}`, deadline);
    }
  }
  if (mode === 'live' && config.repartition && workers > mostGone) {
    refuse('workers', `at most ${mostGone} with ${origin.nameOf('repartition')}`, 'repartition');
  }
  if ((config.processes ?? 1) > workers) {
    refuse('processes', `at most the number of workers, which is ${workers}`, 'workers');
  }
  if (config.restartBackoffMax < config.restartBackoff) {
    const bound = `${origin.nameOf('restartBackoff')}, which is ${config.restartBackoff}`;
    refuse('restartBackoffMax', `at least ${bound}`, 'restartBackoff');
  }
  return failed;
}

/** The line that refuses a trace file, or null. */
function traceProblem(file: string, workers: number, origin: Origin): string | null {
  try {
    checkTraceCovers(loadTrace(file), workers, file);
    return null;
  } catch (error) {
    if (!(error instanceof StalewartError)) throw error;
    return inWordsOf(origin, error).message;
  }
}
