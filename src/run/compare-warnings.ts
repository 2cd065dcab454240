/**
 * Settings of a comparison that were given and change nothing. What is common to all is told once, and only where it has no
 * effect on any run: that a policy passes over the settings of another is what comparing is about.
 */
import type { Origin } from '../config/origin.js';
import type { TrainConfig } from '../config/resolve.js';
import { noEffect, reasonsUnused, type UnusedSetting } from '../config/unused-settings.js';
import { definitionOf, entryOrigin, type ReadEntry } from './compare-entries.js';
import type { CompareOptions } from './compare-options.js';

export interface EntryAndConfig {
  readonly entry: ReadEntry;
  readonly config: TrainConfig | undefined;
}

/** One line for each. */
export function comparisonWarnings(
  options: CompareOptions,
  entries: readonly EntryAndConfig[],
  origin: Origin,
): readonly string[] {
  const { compare, seeds, policy, seed, ...common } = options;
  const lines: string[] = [];
  const seedsNamed = Array.isArray(seeds) || (typeof seeds === 'string' && seeds.includes(','));
  if (seed !== undefined && seedsNamed) {
    lines.push(noEffect('seed', `${origin.nameOf('seeds')} names the seeds`, origin));
  }
  if (options.run !== undefined && typeof options.out === 'string') {
    lines.push(noEffect('run', `${origin.nameOf('out')} names the folder`, origin));
  }
  const isNamed = entries.some(({ entry }) => entry.policy === policy);
  if (policy !== undefined && compare != null && !isNamed) {
    lines.push(noEffect('policy', `${origin.nameOf('compare')} names the policies`, origin));
  }
  const unused = entries.map((each) => unusedOf(each, common, origin));
  for (const setting of Object.keys(common)) {
    const reasons = unused.map((list) => list.find((one) => one.setting === setting)?.why);
    const [first] = reasons;
    if (first === undefined || reasons.includes(undefined)) continue;
    const why = reasons.every((reason) => reason === first) ? first : 'no entry of the comparison uses it';
    lines.push(noEffect(setting, why, origin));
  }
  for (const [index, list] of unused.entries()) {
    const entry = entries[index]?.entry;
    for (const { setting, why } of list) {
      if (entry === undefined || !Object.hasOwn(entry.settings, setting) || why === ownSetting) continue;
      lines.push(noEffect(setting, why, entryOrigin(entry, origin)));
    }
  }
  return lines;
}

const ownSetting = 'every entry has its own';

/** What of the common settings, and of its own, changes nothing for this entry. */
function unusedOf(
  { entry, config }: EntryAndConfig,
  common: object,
  origin: Origin,
): readonly UnusedSetting[] {
  if (config === undefined) return [];
  const said = { ...common, ...entry.settings };
  const overridden = Object.keys(common)
    .filter((setting) => Object.hasOwn(entry.settings, setting))
    .map((setting) => ({ setting, why: ownSetting }));
  const own = reasonsUnused(said, config, entryOrigin(entry, origin), definitionOf(entry), 'simulated');
  return [...overridden, ...own];
}
