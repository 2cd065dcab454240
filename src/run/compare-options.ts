/**
 * From what is to be compared to the runs: every entry's settings over the common ones, each checked as a single run's are.
 * What makes runs comparable (weights, data, partitions, workers and their times, when they end and are measured) is
 * common to all and cannot be set for one entry; nor can a policy setting that the entry's policy does not read.
 */
import type { PolicyDefinition } from '../../protocols/sync/policy.js';
import { apiOrigin, type Origin } from '../config/origin.js';
import { configError, shownValue, StalewartError } from '../errors.js';
import { stringifyExact } from '../telemetry/exact-json.js';
import {
  type CompareItem,
  definitionOf,
  entryOrigin,
  type ReadEntry,
  readEntries,
} from './compare-entries.js';
import { isOfPolicy, mayDiffer } from './compare-settings.js';
import { readSeeds } from './compare-seeds.js';
import { comparisonWarnings } from './compare-warnings.js';
import { type ResolvedTrainOptions, resolveTrainOptions, type TrainOptions } from './train-options.js';

/** Settings of a comparison: those of `simulate`, which hold for all its runs, and what is compared. */
export interface CompareOptions extends TrainOptions {
  /** Default: the one `policy`, with several seeds. */
  readonly compare?: string | readonly CompareItem[] | null;
  /** How many seeds, from `seed` on, or which. Default: 1. */
  readonly seeds?: number | string | readonly number[] | null;
}

export interface ComparedEntry {
  readonly name: string;
  /** Name of its policy. */
  readonly policy: string;
  /** What the entry has for itself, as given. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Policy settings that it reads. */
  readonly uses: readonly string[];
  /** Its run with the first seed. */
  readonly options: ResolvedTrainOptions;
}

export interface ResolvedComparison {
  readonly entries: readonly ComparedEntry[];
  readonly seeds: readonly number[];
  /** Folder; null: nothing is written; undefined: the default. */
  readonly out: string | null | undefined;
  /** One line for each setting that changes nothing. */
  readonly warnings: readonly string[];
}

/**
 * @param origin how errors name a setting
 * @throws StalewartError CONFIG: one line per wrong setting, or one that says why there is nothing to compare
 */
export function resolveCompareOptions(
  options: CompareOptions,
  origin: Origin = apiOrigin,
): ResolvedComparison {
  const { compare, seeds: saidSeeds, ...common } = options;
  if (typeof common.resume === 'string') {
    const allowed = 'left out: a comparison goes on when its command is given again';
    throw configError(origin.nameOf('resume'), common.resume, allowed);
  }
  const seeds = readSeeds(saidSeeds, common.seed ?? 1, origin);
  const read = readEntries(compare, common.policy ?? 'abs', origin);
  const results = read.map((entry) => attempt(() => resolveEntry(entry, common, seeds[0] ?? 1, origin)));
  const lines = results.flatMap((result) => ('refused' in result ? result.refused : []));
  if (lines.length > 0) throw new StalewartError('CONFIG', [...new Set(lines)].join('\n'));
  const entries = results.flatMap((result) => ('done' in result ? [result.done] : []));
  assertDifferent(read, entries, seeds, origin);
  const { out } = common;
  return {
    entries,
    seeds,
    out: out === false ? null : (out ?? undefined),
    warnings: comparisonWarnings(
      options,
      read.map((entry, index) => ({ entry, config: entries[index]?.options.config })),
      origin,
    ),
  };
}

type Attempt<T> = { readonly done: T } | { readonly refused: readonly string[] };

/** So that what is wrong with several entries is said at once. */
function attempt<T>(action: () => T): Attempt<T> {
  try {
    return { done: action() };
  } catch (error) {
    if (!(error instanceof StalewartError)) throw error;
    return { refused: error.message.split('\n') };
  }
}

function resolveEntry(entry: ReadEntry, common: TrainOptions, seed: number, origin: Origin): ComparedEntry {
  const { policy, name, settings, path } = entry;
  const definition = definitionOf(entry);
  for (const [setting, value] of Object.entries(settings)) {
    const field = origin.nameOf(`${path}.${setting}`);
    if (!mayDiffer(setting)) throw configError(field, value, 'set for all entries, beside compare');
    if (definition === undefined || !isOfPolicy(setting) || readsSetting(definition, setting)) continue;
    throw foreignSetting(field, value, definition);
  }
  const { localSteps: _, ...others } = common;
  // A policy that is made up by its local steps has them whatever the others take.
  const basis = definition?.defaults?.localSteps === undefined ? common : others;
  const said = { ...basis, ...settings, policy, seed };
  return {
    name,
    policy: typeof policy === 'string' ? policy : policy.name,
    settings,
    uses: definition?.uses ?? [],
    options: resolveTrainOptions(said, entryOrigin(entry, origin), 'simulated'),
  };
}

function readsSetting({ uses }: PolicyDefinition, setting: string): boolean {
  return uses.some((name) => name === setting);
}

function foreignSetting(field: string, value: unknown, { name, uses }: PolicyDefinition): StalewartError {
  const allowed = uses.length === 0 ? 'left out: it has no settings' : `one of ${uses.join(', ')}`;
  const message = `${field} is ${shownValue(value)}, which ${name} does not use; it must be ${allowed}`;
  return new StalewartError('CONFIG', message, { field, value, allowed });
}

/** @throws StalewartError CONFIG if a run would be made twice, or there is but one */
function assertDifferent(
  read: readonly ReadEntry[],
  entries: readonly ComparedEntry[],
  seeds: readonly number[],
  origin: Origin,
): void {
  if (entries.length === 1 && seeds.length === 1) {
    const allowed = `accompanied by a second policy or entry, or by ${origin.nameOf('seeds')} 2 or more`;
    throw configError(
      origin.nameOf('compare'),
      entries[0]?.name,
      `${allowed}: there is one run and nothing to compare`,
    );
  }
  const effects = entries.map((entry) => effectOf(entry));
  for (const [index, effect] of effects.entries()) {
    const first = effects.indexOf(effect);
    const [one, other] = [read[first], read[index]];
    if (first === index || one === undefined || other === undefined || one.policy !== other.policy) continue;
    const names = `${origin.nameOf(other.path)} (${other.name}) and ${origin.nameOf(one.path)} (${one.name})`;
    const message = `${names} would make the same runs: change a setting of one of them, or leave it out`;
    throw new StalewartError('CONFIG', message, { field: other.path, value: other.name });
  }
}

/** All that decides what the entry's runs do, as a text. */
function effectOf({ uses, options }: ComparedEntry): string {
  const effective = Object.entries(options.config).filter(
    ([name]) => !isOfPolicy(name) || uses.includes(name),
  );
  // Whether a setting was given or is its default decides the order.
  return stringifyExact(effective.sort(([one], [other]) => (one < other ? -1 : 1)));
}
