/**
 * What the report needs of one run, read once from its folder. Files that are missing, and a run that has not ended, make
 * the facts fewer and are told in `missing`; only a damaged file is an error. Nothing here grows with the length of the run
 * but the rows of `rounds.csv` and `evaluations.csv` while they are read.
 */
import { existsSync } from 'node:fs';
import { StalewartError } from '../errors.js';
import { readRun, type StoredRun } from '../telemetry/read-run.js';
import { runFileNames } from '../telemetry/run-files.js';
import type { FoundRun } from './find-runs.js';
import { type JournalFacts, JournalFold } from './journal-facts.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { type RunCurves, runCurves } from './run-curves.js';
import { type Timeline, TimelineFold, type TimelineOptions } from './timeline.js';

export interface RunFacts {
  readonly name: string;
  readonly directory: string;
  /** What its comparison calls its series; null: nothing. */
  readonly series: string | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly policy: string;
  /** Null if the configuration has none. */
  readonly seed: number | null;
  readonly mode: 'live' | 'simulated';
  /** N. */
  readonly workers: number;
  readonly outcome: Outcome;
  readonly curves: RunCurves;
  /** Null if there is no journal. */
  readonly journal: JournalFacts | null;
  readonly timeline: Timeline | null;
  /** What is missing in the folder, a sentence each. */
  readonly missing: readonly string[];
}

/** @throws StalewartError OUTPUT if a file is damaged or the configuration is not that of a run */
export async function readRunFacts(
  { name, directory, series }: FoundRun,
  stretch: Pick<TimelineOptions, 'from' | 'to'>,
): Promise<RunFacts> {
  const run = await readRun(directory);
  const known = identify(run);
  const { journal, timeline } = await readJournal(run, known.workers, stretch);
  return {
    name,
    directory,
    series,
    config: run.config,
    ...known,
    outcome: outcomeOf(run, journal),
    curves: runCurves(run, journal, run.config['compute'] !== 'none'),
    journal,
    timeline,
    missing: [...missingIn(run, journal), ...nothingIn(stretch, journal, timeline)],
  };
}

function identify({ config, paths }: StoredRun): Pick<RunFacts, 'policy' | 'seed' | 'mode' | 'workers'> {
  const { policy, seed, mode, workers } = config;
  const wrong = (field: string, allowed: string): StalewartError =>
    new StalewartError('OUTPUT', `${paths.config} has no ${field}: it must be ${allowed}`, {
      field,
      value: config[field],
      allowed,
    });
  if (typeof policy !== 'string') throw wrong('policy', 'the name of a policy');
  if (typeof workers !== 'number' || !Number.isSafeInteger(workers) || workers < 1) {
    throw wrong('workers', 'a number of at least 1');
  }
  if (mode !== 'live' && mode !== 'simulated') throw wrong('mode', 'live or simulated');
  return { policy, seed: typeof seed === 'number' ? seed : null, mode, workers };
}

async function readJournal(
  run: StoredRun,
  workers: number,
  stretch: Pick<TimelineOptions, 'from' | 'to'>,
): Promise<{ journal: JournalFacts | null; timeline: Timeline | null }> {
  if (!existsSync(run.paths.journal)) return { journal: null, timeline: null };
  const facts = new JournalFold(
    workers,
    run.evaluations.map(({ version }) => version),
  );
  const timeline = new TimelineFold({ workers, ...stretch });
  for await (const step of run.journal()) {
    facts.step(step);
    timeline.step(step);
  }
  return { journal: facts.facts(), timeline: timeline.timeline() };
}

function missingIn(
  { config, rounds, evaluations, summary }: StoredRun,
  journal: JournalFacts | null,
): string[] {
  const missing: string[] = [];
  if (summary === null) {
    missing.push(
      `no ${runFileNames.summary}: the run goes on or was killed; shown is what it has done so far`,
    );
  }
  missing.push(...cutOff(summary?.rounds ?? 0, rounds.length, journal));
  if (rounds.length === 0) missing.push(`no round has closed (${runFileNames.rounds} has no row)`);
  if (config['compute'] === 'none')
    missing.push('nothing was trained (compute: none), so there is no accuracy or loss');
  else if (evaluations.length === 0) {
    missing.push(`nothing was evaluated (${runFileNames.evaluations} has no row), so there is no accuracy`);
  }
  if (journal === null) {
    const lost = 'staleness, contributions, the timeline, communication without restarts';
    missing.push(`no ${runFileNames.journal}: without ${lost}`);
  }
  return missing;
}

/** Of a run that has ended: files that end before it did, as a disk that filled up or a copy broken off leaves them. */
function cutOff(closed: number, rows: number, journal: JournalFacts | null): readonly string[] {
  const lines: string[] = [];
  const of = (last: number): string =>
    `ends with round ${last} of ${closed}: what is drawn from it is not whole`;
  if (rows < closed) lines.push(`${runFileNames.rounds} ${of(rows)}`);
  if (journal !== null && journal.lastVersion < closed) {
    lines.push(`${runFileNames.journal} ${of(journal.lastVersion)}`);
  }
  return lines;
}

/** Where a stretch was asked for and the run was over before it. */
function nothingIn(
  { from = 0 }: Pick<TimelineOptions, 'from'>,
  journal: JournalFacts | null,
  timeline: Timeline | null,
): readonly string[] {
  const isOver = from > 0 && journal !== null && timeline === null;
  return isOver ? [`nothing happened after ${from}, so there is no timeline`] : [];
}
