/** From the summaries of a comparison's runs to `comparison.json`. */
import { settings } from '../config/settings.js';
import type { TrainConfig } from '../config/resolve.js';
import type { ComparisonEntryRecord, ComparisonRecord } from '../telemetry/comparison-file.js';
import { spreadOf } from '../telemetry/spread.js';
import { accuracySteps, type Summary } from '../telemetry/summary.js';
import { readVersions } from '../telemetry/versions.js';
import { isOfPolicy, mayDiffer } from './compare-settings.js';
import type { ComparedEntry, ResolvedComparison } from './compare-options.js';

/** What is known of one run. */
export interface RunState {
  readonly entry: ComparedEntry;
  readonly seed: number;
  /** Folder within that of the comparison; null: nothing is written. */
  readonly directory: string | null;
  readonly status: 'pending' | 'finished' | 'stopped' | 'failed';
  readonly failure: string | null;
  /** Null unless it is finished. */
  readonly summary: Summary | null;
}

/** Where a run leaves its record, and who reads it, change nothing about what it does. */
const withoutEffect = new Set([
  'run',
  'out',
  'json',
  'threads',
  'dataDir',
  'checkpointEvery',
  'checkpoint',
  'resume',
]);

export function comparisonRecord(
  { entries, seeds }: ResolvedComparison,
  runs: readonly RunState[],
): ComparisonRecord {
  const [first] = entries;
  const pending = runs.some(({ status }) => status === 'pending' || status === 'stopped');
  const failed = runs.some(({ status }) => status === 'failed');
  return {
    status: pending ? 'unfinished' : failed ? 'failed' : 'finished',
    settings: first === undefined ? {} : commonSettings(first.options.config),
    seeds: [...seeds],
    entries: entries.map((entry) =>
      entryRecord(
        entry,
        runs.filter((run) => run.entry === entry),
      ),
    ),
    runs: runs.map(({ entry, seed, directory, status, failure }) => ({
      name: entry.name,
      policy: entry.policy,
      seed,
      directory,
      status,
      failure,
    })),
    stalewart: readVersions().stalewart,
  };
}

/** What all runs of a comparison have in common, and what they do depends on. */
export function commonSettings(config: TrainConfig): Record<string, unknown> {
  return pick(config, (name) => !mayDiffer(name) && name !== 'seed');
}

/** What an entry may have for itself, as far as its runs read it. */
export function entrySettings({ uses, options }: ComparedEntry): Record<string, unknown> {
  const isRead = (name: string): boolean => !isOfPolicy(name) || uses.includes(name);
  return pick(options.config, (name) => mayDiffer(name) && isRead(name) && name !== 'policy');
}

/** All settings that the outcome of a run depends on. @param uses policy settings that its policy reads */
export function decisiveSettings(config: object, uses: readonly string[]): Record<string, unknown> {
  return pick(config, (name) => !isOfPolicy(name) || uses.includes(name));
}

function pick(config: object, isWanted: (name: string) => boolean): Record<string, unknown> {
  const ofSimulations = settings.filter(({ only = 'simulated' }) => only === 'simulated');
  const names = new Set(ofSimulations.map(({ name }) => name));
  const wanted = Object.entries(config).filter(
    ([name, value]) => names.has(name) && !withoutEffect.has(name) && isWanted(name) && value !== undefined,
  );
  // Whether a setting was given or is its default decides their order in the configuration.
  return Object.fromEntries(wanted.sort(([one], [other]) => (one < other ? -1 : 1)));
}

type Figure =
  | 'finalAccuracy'
  | 'bestAccuracy'
  | 'finalLoss'
  | 'rounds'
  | 'time'
  | 'uploads'
  | 'downloads'
  | 'restarts'
  | 'discarded'
  | 'communicationRounds'
  | 'communicationRoundsWithoutRestarts';

type ToAccuracy = 'timeToAccuracy' | 'communicationToAccuracy' | 'communicationToAccuracyWithoutRestarts';

function entryRecord(entry: ComparedEntry, runs: readonly RunState[]): ComparisonEntryRecord {
  // One that failed has ended too, and has reached nothing: without it, the others would be flattered.
  const ended = runs.filter(({ summary, status }) => summary !== null || status === 'failed');
  const spread = (figure: Figure) => {
    const { values, ...rest } = spreadOf(ended.map(({ summary }) => summary?.[figure] ?? null));
    return { ...rest, values: [...values] };
  };
  const toAccuracy = (figure: ToAccuracy) =>
    Object.fromEntries(
      accuracySteps.map((step) => {
        const values = ended.map(({ summary }) => summary?.[figure][step] ?? null);
        const { mean, sd } = spreadOf(values);
        return [step, { mean, sd, reached: values.filter((value) => value !== null).length, values }];
      }),
    );
  return {
    name: entry.name,
    policy: entry.policy,
    settings: entrySettings(entry),
    seeds: ended.map(({ seed }) => seed),
    finalAccuracy: spread('finalAccuracy'),
    bestAccuracy: spread('bestAccuracy'),
    finalLoss: spread('finalLoss'),
    rounds: spread('rounds'),
    time: spread('time'),
    uploads: spread('uploads'),
    downloads: spread('downloads'),
    restarts: spread('restarts'),
    discarded: spread('discarded'),
    communicationRounds: spread('communicationRounds'),
    communicationRoundsWithoutRestarts: spread('communicationRoundsWithoutRestarts'),
    timeToAccuracy: toAccuracy('timeToAccuracy'),
    communicationToAccuracy: toAccuracy('communicationToAccuracy'),
    communicationToAccuracyWithoutRestarts: toAccuracy('communicationToAccuracyWithoutRestarts'),
  };
}
