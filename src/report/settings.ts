/**
 * The settings of runs, compared: which belong together (all but the seed is equal), and in what the others differ. Settings
 * that cannot change the outcome, such as where it is written, are not compared.
 */
import { stringifyExact } from '../telemetry/exact-json.js';

/** Settings by name, those of a group as `straggler.mean`, with their values as they are shown. */
export type FlatSettings = ReadonlyMap<string, string>;

/** Of the run itself, or of how it was carried out. */
const passedOver = new Set([
  'runId',
  'run',
  'out',
  'seed',
  'json',
  'versions',
  'threads',
  'dataDir',
  'resume',
]);

export function flatSettings(config: Readonly<Record<string, unknown>>): FlatSettings {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(config)) {
    if (!passedOver.has(name)) flatten(name, value, flat);
  }
  return flat;
}

function flatten(name: string, value: unknown, into: Map<string, string>): void {
  const entries =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (entries.length === 0) {
    into.set(name, typeof value === 'string' ? value : stringifyExact(value).replaceAll('"', ''));
  }
  for (const [key, inner] of entries) flatten(`${name}.${key}`, inner, into);
}

/** Equal for runs that differ in their seed only. */
export function settingsKey(settings: FlatSettings): string {
  return JSON.stringify([...settings].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The names of the settings that are not the same in all, in the order in which they first appear. */
export function differing(all: readonly FlatSettings[]): readonly string[] {
  const names = new Set(all.flatMap((settings) => [...settings.keys()]));
  return [...names].filter((name) => new Set(all.map((settings) => settings.get(name))).size > 1);
}
