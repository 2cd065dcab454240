/**
 * The settings of a run and of a comparison as a list, for flags, help and docs. A setting `batchSize` is the flag `--batch-size`, the
 * key `batchSize` in YAML and the field `batchSize` in the API.
 */
import { allowedText, allowsNull, choicesOf, valueKind } from './allowed.js';
import type { RunMode } from './run-mode.js';
import { comparisonFields } from './fields/comparison.js';
import { trainConfigSchema } from './schema.js';
import { type SettingNotes, settingNotes } from './setting-notes.js';

export interface Setting extends SettingNotes {
  /** camelCase. */
  readonly name: string;
  /** `--kebab-case`. */
  readonly flag: string;
  readonly description: string;
  readonly kind: 'number' | 'boolean' | 'text';
  /** What it may be, as after `it must be`. */
  readonly allowed: string;
  readonly choices: readonly string[];
  /** Whether `none` (null) may be given. */
  readonly nullable: boolean;
  /** The default in words; undefined where leaving it out means that it is not in force. */
  readonly default?: string;
}

export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const schemas = { ...trainConfigSchema.shape, ...comparisonFields };

export const settings: readonly Setting[] = Object.entries(schemas).map(([name, schema]) => {
  const notes = settingNotes.get(schema);
  if (notes === undefined) throw new Error(`setting ${name} has no notes`);
  // The policies' settings state a default that depends on others at the end of their description.
  const [description = '', stated] = (schema.description ?? '').split('; default: ');
  const fallback = notes.default ?? stated ?? defaultOf(name);
  return {
    allowed: allowedText(schema),
    ...notes,
    name,
    flag: flagOf(name),
    description,
    kind: valueKind(schema),
    choices: choicesOf(schema),
    nullable: allowsNull(schema),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
});

const byName = new Map(settings.map((setting) => [setting.name, setting]));

/** Those that have a meaning for runs of this mode. */
export function settingsOf(mode: RunMode): readonly Setting[] {
  return settings.filter(({ only }) => only === undefined || only === mode);
}

/** What of a configuration has a meaning for runs of this mode. */
export function settingsOfMode(config: object, mode: RunMode): Record<string, unknown> {
  const foreign = new Set(settings.filter(({ only = mode }) => only !== mode).map(({ name }) => name));
  return Object.fromEntries(Object.entries(config).filter(([name]) => !foreign.has(name)));
}

/** Whether it is a setting of a comparison, which a single run does not have. */
export function isOfComparison(name: string): boolean {
  return Object.hasOwn(comparisonFields, name);
}

export function findSetting(name: string): Setting | undefined {
  return byName.get(name);
}

/** The schema's own default, in words. */
function defaultOf(name: string): string | undefined {
  const value: unknown = Object.entries(trainConfigSchema.parse({})).find(([key]) => key === name)?.[1];
  if (value === undefined) return undefined;
  // The objects are those of straggler, slowdown and bursts.
  if (typeof value === 'object') return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
