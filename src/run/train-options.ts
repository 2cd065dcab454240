/**
 * What a program may pass to `train`: every setting of the command line by its name, and beside names its own policies,
 * models and data sets as values.
 */
import { checkedPolicy, policyProblem } from '../../protocols/sync/checked-policy.js';
import type { Policy, PolicyDefinition } from '../../protocols/sync/policy.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import type { ModelSource } from '../compute/model-source.js';
import { apiOrigin, type Origin } from '../config/origin.js';
import type { RunMode } from '../config/run-mode.js';
import { withResumedSettings } from '../config/resumed-settings.js';
import { resolveTrainConfig, type TrainConfig } from '../config/resolve.js';
import type { TrainConfigInput } from '../config/schema.js';
import type { DatasetLike } from '../data/as-dataset.js';
import { configError, StalewartError } from '../errors.js';

/** Settings of a run; docs/configuration.md lists them all with ranges and defaults. */
export interface TrainOptions extends Omit<TrainConfigInput, 'policy' | 'model' | 'dataset' | 'out'> {
  /** Name of a policy, or one of your own. Default: `abs`. */
  readonly policy?: string | Policy | PolicyDefinition;
  /** Name of a model, path of a module, a `tf.LayersModel`, or a function that makes one. Default: `lenet`. */
  readonly model?: ModelSource;
  /** Name of a data set, path of a module, or the data themselves. Default: `cifar10`. */
  readonly dataset?: string | DatasetLike;
  /** Folder of the run; `false`: nothing is written, checkpoints neither. Default: `runs/<id>`. */
  readonly out?: string | null | false;
}

export interface ResolvedTrainOptions {
  readonly mode: RunMode;
  /** What goes into `config.json`. */
  readonly config: TrainConfig;
  readonly policy: Policy;
  readonly model: ModelSource;
  readonly dataset: string | DatasetLike;
  /** Null: nothing is written; undefined: the default folder. */
  readonly out: string | null | undefined;
  /** Folder of the run that is gone on with; null: it is a new run. */
  readonly resume: string | null;
}

/**
 * @param origin how errors name a setting
 * @throws StalewartError CONFIG: one line per wrong setting
 */
export function resolveTrainOptions(
  options: TrainOptions,
  origin?: Origin,
  mode: RunMode = 'live',
): ResolvedTrainOptions {
  const { policy, model, dataset, out, ...rest } = options;
  const definition = policy === undefined ? undefined : asDefinition(policy);
  const ownModel = model === undefined || typeof model === 'string' ? null : model;
  const ownDataset = dataset === undefined || typeof dataset === 'string' ? null : dataset;
  const modelName = ownModel === null ? null : ownName(ownModel, 'model');
  const datasetName = ownDataset === null ? null : ownName(ownDataset, 'dataset');
  const names = {
    policy: definition?.name ?? policy,
    model: modelName ?? model,
    dataset: datasetName ?? dataset,
    out: out === false ? undefined : out,
  };
  // What was not said has no name: a resumed run has its own.
  const input = {
    ...rest,
    ...Object.fromEntries(Object.entries(names).filter(([, name]) => name !== undefined)),
  };
  const own = {
    policies: typeof policy === 'string' || definition === undefined ? [] : [definition],
    models: modelName === null ? [] : [modelName],
    datasets: datasetName === null ? [] : [datasetName],
  };
  const said = withResumedSettings(input, origin ?? apiOrigin, own, mode);
  const config = resolveTrainConfig(said, origin, own, mode);
  const chosen = definition ?? findPolicy(config.policy);
  if (chosen === undefined) throw configError('policy', config.policy, 'the name of a policy');
  const folder = out === false ? null : (config.out ?? undefined);
  const { resume } = config;
  if (resume !== null && out === false) throw configError('out', out, 'left out where a run is resumed');
  return {
    mode,
    config,
    policy: checkedPolicy(chosen.create(config)),
    model: ownModel ?? config.model,
    dataset: ownDataset ?? config.dataset,
    out: folder,
    resume,
  };
}

/** For a front end that has resolved its settings itself and knows policies, models and data sets by name only. */
export function fromConfig(config: TrainConfig, mode: RunMode = 'live'): ResolvedTrainOptions {
  const definition = findPolicy(config.policy);
  if (definition === undefined) throw configError('policy', config.policy, 'the name of a policy');
  const { model, dataset, resume } = config;
  const out = config.out ?? undefined;
  return { mode, config, policy: definition.create(config), model, dataset, out, resume };
}

function asDefinition(policy: NonNullable<TrainOptions['policy']>): PolicyDefinition | undefined {
  if (typeof policy === 'string') return findPolicy(policy);
  if ('create' in policy) return policy;
  const problem = policyProblem(policy);
  if (problem !== null) {
    const allowed = 'the name of a policy, or an object with name, initial and waitCount';
    throw new StalewartError('CONFIG', `policy: ${problem}; it must be ${allowed}`, {
      field: 'policy',
      allowed,
    });
  }
  const { name } = policy;
  return {
    name,
    title: name,
    summary: 'given by the program',
    source: 'own',
    uses: [],
    create: () => policy,
  };
}

function ownName(value: object, fallback: string): string {
  const name = 'name' in value && typeof value.name === 'string' ? value.name : '';
  return name === '' ? `own-${fallback}` : name;
}
