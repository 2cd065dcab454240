/**
 * Runs that differ in nothing but their seed are one series: one line with a band in the figures, one row in the tables. Its
 * label is the name that its comparison gives it, else the policy, with the settings in which it differs from other series of the
 * same policy.
 */
import type { RunFacts } from './run-facts.js';
import { differing, type FlatSettings, flatSettings, settingsKey } from './settings.js';
import { shortened } from './shortened.js';

export interface Series {
  /** Unique in the report. */
  readonly label: string;
  readonly policy: string;
  readonly settings: FlatSettings;
  /** At least one, in the order given. */
  readonly runs: readonly RunFacts[];
}

/** Longer labels would leave no room for the lines. */
const longestLabel = 44;

export function groupInSeries(runs: readonly RunFacts[]): readonly Series[] {
  const groups = new Map<string, { policy: string; settings: FlatSettings; runs: RunFacts[] }>();
  for (const run of runs) {
    const settings = flatSettings(run.config);
    const key = settingsKey(settings);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { policy: run.policy, settings, runs: [run] });
    else group.runs.push(run);
  }
  const all = [...groups.values()];
  const taken = new Set<string>();
  return all.map((group) => {
    const namesakes = all.filter(({ policy }) => policy === group.policy).map(({ settings }) => settings);
    const names = new Set(group.runs.map(({ series }) => series));
    const [given] = names;
    const own =
      names.size === 1 && given !== null && given !== undefined ? shortened(given, longestLabel) : null;
    const label = unused(own ?? labelOf(group.policy, group.settings, namesakes), taken);
    taken.add(label);
    return { label, ...group };
  });
}

/** The seeds of a series, ascending: `seed 1`, `seeds 1, 2, 3`. */
export function seedsOf({ runs }: Series): string {
  const seeds = runs.map(({ seed }) => seed ?? Number.NaN).sort((left, right) => left - right);
  const shown = seeds.map((seed) => (Number.isNaN(seed) ? 'unknown' : String(seed)));
  return `${shown.length === 1 ? 'seed' : 'seeds'} ${shown.join(', ')}`;
}

/** `abs (seeds 1, 2), k-async (seed 1)` */
export function listed(series: readonly Series[]): string {
  return series.map((one) => `${one.label} (${seedsOf(one)})`).join(', ');
}

/** @param namesakes the settings of all series of this policy */
function labelOf(policy: string, settings: FlatSettings, namesakes: readonly FlatSettings[]): string {
  const names = differing(namesakes);
  // A law says more than its parameters: they are named only where the law alone would not tell the series apart.
  const laws = names.filter((name) => name.endsWith('.law')).map((name) => name.slice(0, -'law'.length));
  const brief = names.filter((name) => name.endsWith('.law') || !laws.some((law) => name.startsWith(law)));
  const distinct = new Set(namesakes.map((each) => described(each, brief))).size === namesakes.length;
  const parts = described(settings, distinct ? brief : names);
  return shortened(parts === '' ? policy : `${policy}: ${parts}`, longestLabel);
}

/** `a 8, straggler gamma, vtask 0.1` */
function described(settings: FlatSettings, names: readonly string[]): string {
  const parts = names.map((name) => {
    const group = name.slice(0, name.indexOf('.'));
    const short = names.includes(`${group}.law`) ? name.replace(/\.law$/, '').replace(`${group}.`, '') : name;
    return `${short} ${settings.get(name) ?? '–'}`;
  });
  return parts.join(', ');
}

function unused(label: string, taken: ReadonlySet<string>): string {
  if (!taken.has(label)) return label;
  for (let number = 2; ; number += 1) {
    const numbered = `${label} #${number}`;
    if (!taken.has(numbered)) return numbered;
  }
}
