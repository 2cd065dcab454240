/**
 * From what was said to what holds: checks every setting, fills in every default, and refuses the rest with one line
 * per wrong setting. Nothing but the input decides: no environment variable is read.
 */
import { availableParallelism } from 'node:os';
import type { z } from 'zod';
import { findPolicy } from '../../protocols/sync/registry.js';
import { type PolicySettings, resolvePolicySettings } from '../../protocols/sync/settings.js';
import { configError, StalewartError } from '../errors.js';
import { crossChecks, type KnownNames } from './cross-checks.js';
import { didYouMean, nearest } from './did-you-mean.js';
import { apiOrigin, type Origin } from './origin.js';
import type { RunMode } from './run-mode.js';
import { parseNumber } from './parse-number.js';
import { type ParsedTrainConfig, trainConfigSchema } from './schema.js';
import { resolveServerSettings, type ServerSettings } from './server-settings.js';
import { findSetting, isOfComparison, settings } from './settings.js';
import { hiddenCredentials } from '../transport/nats-address.js';

/** The settings of a run, every default written out. Plain JSON but for `a`, which may be `Infinity`. */
export type TrainConfig = Omit<
  ParsedTrainConfig,
  | keyof PolicySettings
  | keyof ServerSettings
  | 'localSteps'
  | 'threads'
  | 'rounds'
  | 'evalEvery'
  | 'checkpointEvery'
> &
  PolicySettings &
  ServerSettings & {
    readonly localSteps: number;
    readonly threads: number;
    /** Null: without limit. */
    readonly rounds: number | null;
    /** Null: no evaluations by rounds. */
    readonly evalEvery: number | null;
    /** Null: no checkpoints. */
    readonly checkpointEvery: number | null;
  };

/** Where the schema's own defaults are not for this mode. In simulated time every task takes time. */
const defaultsOf = { live: {}, simulated: { straggler: 'exponential' } } as const;

/** Rounds of a run that nothing else ends. */
const defaultRounds = 1000;
const defaultLocalSteps = 10;
const defaultEvalEvery = 50;
const defaultCheckpointEvery = { live: 50, simulated: null } as const;

/**
 * @param input an object with any of the settings; anything else in it is an error
 * @param origin how errors name a setting; default: by its plain name
 * @param own policies, and names of models and data sets, that the program brings along
 * @param mode of the run: what it may be given, and some defaults, depend on it. Default: `live`
 * @throws StalewartError CONFIG: one line per wrong setting
 */
export function resolveTrainConfig(
  input: unknown,
  origin: Origin = apiOrigin,
  own: Partial<KnownNames> = {},
  mode: RunMode = 'live',
): TrainConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw configError('the configuration', input, 'a map of settings');
  }
  const said = withInfinities({ ...defaultsOf[mode], ...withoutUndefined(input) });
  const known: KnownNames = {
    policies: own.policies ?? [],
    models: own.models ?? [],
    datasets: own.datasets ?? [],
  };
  const parsed = trainConfigSchema.safeParse(said);
  const issues = parsed.error?.issues ?? [];
  const wrong = new Set(issues.flatMap((issue) => (issue.path.length === 0 ? [] : [String(issue.path[0])])));
  // What is wrong by itself is left out, so that the checks across settings can be made all the same.
  const config = parsed.data ?? trainConfigSchema.strip().parse(without(said, wrong));
  const lines = [
    ...issues.flatMap((issue) => describeIssue(issue, said, origin)),
    ...crossChecks(config, said, origin, known, mode)
      .filter((failed) => !failed.settings.some((setting) => wrong.has(setting)))
      .map(({ line }) => line),
  ];
  if (lines.length > 0) throw new StalewartError('CONFIG', [...new Set(lines)].join('\n'));
  return withDefaults(config, known, mode);
}

function withDefaults(parsed: ParsedTrainConfig, known: KnownNames, mode: RunMode): TrainConfig {
  const defaults = findPolicy(parsed.policy, known.policies)?.defaults;
  const measures = parsed.compute === 'gradients';
  const endsOtherwise = parsed.time !== null || (measures && parsed.targetAccuracy !== null);
  return {
    ...parsed,
    ...resolvePolicySettings(parsed),
    ...resolveServerSettings(parsed, defaults),
    localSteps: parsed.localSteps ?? defaults?.localSteps ?? defaultLocalSteps,
    threads: parsed.threads ?? availableParallelism(),
    rounds: parsed.rounds === undefined ? (endsOtherwise ? null : defaultRounds) : parsed.rounds,
    evalEvery:
      parsed.evalEvery === undefined
        ? parsed.evalEveryTime === null
          ? defaultEvalEvery
          : null
        : parsed.evalEvery,
    checkpointEvery:
      parsed.checkpointEvery === undefined ? defaultCheckpointEvery[mode] : parsed.checkpointEvery,
  };
}

function describeIssue(
  issue: z.core.$ZodIssue,
  said: Record<string, unknown>,
  origin: Origin,
): readonly string[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    const names = settings.map(({ name }) => name);
    return issue.keys.map((key) =>
      isOfComparison(key)
        ? `${origin.nameOf(key)} is a setting of a comparison, not of a run: use compare`
        : `${origin.nameOf(key)} is not a setting${didYouMean(key, names)}`,
    );
  }
  const name = String(issue.path[0]);
  const setting = findSetting(name);
  const value = name === 'nats' ? hideCredentials(said[name]) : said[name];
  if (issue.code === 'custom' && issue.message !== 'Invalid input') {
    return [configError(origin.nameOf(name), value, issue.message).message];
  }
  const guess = typeof value === 'string' ? nearest(value, setting?.choices ?? []) : undefined;
  const hint = guess === undefined ? '' : ` (did you mean "${guess}"?)`;
  return [configError(origin.nameOf(name), value, `${setting?.allowed ?? ''}${hint}`).message];
}

/** Addresses of NATS servers may hold passwords, and a line that refuses them is shown. */
function hideCredentials(nats: unknown): unknown {
  if (typeof nats === 'string') return hiddenCredentials(nats);
  return Array.isArray(nats) ? nats.map(hideCredentials) : nats;
}

function withoutUndefined(input: object): object {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

function without(said: Record<string, unknown>, names: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(said).filter(([name]) => !names.has(name)));
}

/** JSON and YAML files may write `Infinity` as a text. */
function withInfinities(input: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => {
      const infinite = typeof value === 'string' && parseNumber(value) === Infinity;
      return [name, infinite && findSetting(name)?.kind === 'number' ? Infinity : value];
    }),
  );
}
