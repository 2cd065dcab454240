/** What the runs reached and how they differ, as tables: a row per series, with mean and standard deviation over its seeds. */
import { min } from 'simple-statistics';
import { accuracySteps } from '../../telemetry/summary.js';
import { gini, relativeShares } from '../inequality.js';
import type { Cost } from '../outcome.js';
import type { RunFacts } from '../run-facts.js';
import { seedsOf, type Series } from '../series.js';
import { differing } from '../settings.js';
import { amount, none, overRuns, percent, type Shown, twoDecimals } from './figures-in-words.js';
import { type Html, html } from './html.js';
import { table } from './table.js';

type Column = readonly [title: string, value: (run: RunFacts) => number | null, shown: Shown];

export function resultTable(series: readonly Series[], unit: string): Html {
  return overSeries(
    series,
    'What was reached: mean ± standard deviation over the seeds. Gini: inequality of the workers’ contributions, 0 if all ' +
      'give the same. Least share: updates of the worker with the fewest ÷ equal share.',
    [
      ['Final accuracy (%)', ({ outcome }) => outcome.finalAccuracy, percent],
      ['Final test loss', ({ outcome }) => outcome.finalLoss, amount],
      [`Time (${unit})`, ({ outcome }) => outcome.time, amount],
      ['Rounds', ({ outcome }) => outcome.rounds, amount],
      ['Gini', giniOf, twoDecimals],
      ['Least share', leastShareOf, twoDecimals],
    ],
  );
}

export function communicationTable(series: readonly Series[]): Html {
  return overSeries(
    series,
    'What it took: mean ± standard deviation over the seeds. Communication rounds: each worker that uploads, is restarted or ' +
      'overruns its time limit in a round adds 1. Without restarts: each that uploads in a round adds 1. Discarded: updates of which nothing came.',
    [
      ['Communication rounds', ({ outcome }) => outcome.communicationRounds, amount],
      ['Without restarts', ({ outcome }) => outcome.uploadRounds, amount],
      ['Uploads', ({ outcome }) => outcome.uploads, amount],
      ['Downloads', ({ outcome }) => outcome.downloads, amount],
      ['Restarts', ({ outcome }) => outcome.restarts, amount],
      ['Discarded', ({ outcome }) => outcome.discarded, amount],
    ],
  );
}

function overSeries(series: readonly Series[], caption: string, columns: readonly Column[]): Html {
  const rows = series.map((one) => [
    one.label,
    seedsOf(one).replace(/^seeds? /, ''),
    ...columns.map(([, value, shown]) => overRuns(one.runs.map(value), shown)),
  ]);
  return table({ caption, head: ['Series', 'Seeds', ...columns.map(([title]) => title)], rows });
}

const giniOf = ({ journal }: RunFacts): number | null =>
  journal === null ? null : gini(journal.contributions);

function leastShareOf({ journal }: RunFacts): number | null {
  const shares = relativeShares(journal?.contributions ?? []);
  return shares.some((share) => share > 0) ? min([...shares]) : null;
}

/** What reaching each accuracy took; only steps that some run reached. Empty if none was. */
export function costTable(series: readonly Series[], cost: Cost, caption: string): readonly Html[] {
  const reached = accuracySteps.filter((step) =>
    series.some(({ runs }) => runs.some(({ outcome }) => (outcome.toAccuracy[cost][step] ?? null) !== null)),
  );
  if (reached.length === 0) return [];
  const rows = series.map(({ label, runs }) => [
    label,
    ...reached.map((step) =>
      overRuns(
        runs.map(({ outcome }) => outcome.toAccuracy[cost][step] ?? null),
        amount,
      ),
    ),
  ]);
  return [
    table({
      caption,
      head: ['Series', ...reached.map((step) => `${Math.round(Number(step) * 100)} %`)],
      rows,
    }),
  ];
}

/** The settings that are not the same in all series; empty if there are none. */
export function differenceTable(series: readonly Series[]): readonly Html[] {
  const names = differing(series.map(({ settings }) => settings));
  if (names.length === 0) return [];
  return [
    table({
      caption:
        'Settings that differ; all others are equal, but for the seed. –: the policy does not have it.',
      head: ['Setting', ...series.map(({ label }) => label)],
      rows: names.map((name) => [name, ...series.map(({ settings }) => settings.get(name) ?? none)]),
      numeric: false,
    }),
  ];
}

export function runTable(runs: readonly RunFacts[]): Html {
  return table({
    caption: 'The runs.',
    head: ['Run', 'Policy', 'Seed', 'Status', 'Missing'],
    rows: runs.map(({ name, policy, seed, outcome, missing }) => [
      name,
      policy,
      seed ?? none,
      outcome.reason === '' ? outcome.status : `${outcome.status}: ${outcome.reason}`,
      missing.length === 0 ? none : missing.map((line) => html`<div>${line}</div>`),
    ]),
    numeric: false,
  });
}

/** Each worker of a run; empty without a journal. */
export function workerTable({ journal, name }: RunFacts): readonly Html[] {
  if (journal === null) return [];
  const shares = relativeShares(journal.contributions);
  return [
    table({
      caption: `Workers of ${name}: applied updates, their multiple of the equal share, restarts.`,
      head: ['Worker', 'Updates', '÷ equal share', 'Restarts'],
      rows: journal.contributions.map((updates, worker) => [
        worker,
        amount(updates),
        (shares[worker] ?? 0).toFixed(2),
        amount(journal.restarts[worker] ?? 0),
      ]),
    }),
  ];
}
