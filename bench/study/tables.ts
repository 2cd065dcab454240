/**
 * The tables of one comparison of the study: what was reached, how ABS stands against each rival, and what each accuracy took.
 * Accuracies are the fixed steps that most runs reached, so that one slow series, or one bad seed, does not decide for all what
 * is shown: it has "–", or "2 of 3", where it did not get.
 */
import { sum } from 'simple-statistics';
import type { ComparisonEntryRecord as Entry } from '../../src/telemetry/comparison-file.js';
import type { LastWaitCounts } from './wait-counts.js';
import { compareWith, type Measure, measures, type Verdict } from './claims.js';

const none = '–';
const words: Readonly<Record<Verdict, string>> = { holds: 'less', fails: 'more', undecided: 'mixed' };

/** Lines of Markdown. */
export function resultTables(
  entries: readonly Entry[],
  lastWaitCounts: LastWaitCounts = new Map(),
): readonly string[] {
  const steps = stepsOfMost(entries);
  return [
    ...overview(entries, lastWaitCounts),
    '',
    ...(steps.length === 0
      ? ['No accuracy step was reached by most runs.']
      : measures.flatMap((measure, index) => [
          ...(index === 0 ? [] : ['']),
          ...costs(entries, measure, steps),
        ])),
    ...sameRuns(entries).flatMap((names) => ['', `${names.join(' and ')} made the same runs here.`]),
  ];
}

/** Series whose figures are the same for every seed, to the last digit: rows that are no news to each other. */
export function sameRuns(entries: readonly Entry[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const { name, seeds, finalLoss, time, uploads } of entries) {
    const outcome = JSON.stringify([seeds, finalLoss.values, time.values, uploads.values]);
    groups.set(outcome, [...(groups.get(outcome) ?? []), name]);
  }
  return [...groups.values()].filter((names) => names.length > 1);
}

/** The accuracy steps, lowest first, that more than half of the runs reached. */
export function stepsOfMost(entries: readonly Entry[]): readonly string[] {
  const steps = Object.keys(entries[0]?.timeToAccuracy ?? {}).toSorted();
  const runs = sum(entries.map(({ seeds }) => seeds.length));
  return steps.filter(
    (step) => 2 * sum(entries.map(({ timeToAccuracy }) => timeToAccuracy[step]?.reached ?? 0)) > runs,
  );
}

/** What ABS needs stands beside each rival, where the comparison has both. */
function overview(entries: readonly Entry[], lastWaitCounts: LastWaitCounts): readonly string[] {
  const isJudged = entries.some(({ name }) => compareWith(entries, name) !== null && name !== 'abs');
  const verdicts = isJudged
    ? ['ABS and it judged at', ...measures.map(({ title }) => `ABS needs: ${title}`)]
    : [];
  return table(
    ['', 'final accuracy', 'best accuracy', 'K at the end', 'restarts', ...verdicts],
    entries.map((entry) => [
      entry.name,
      percent(entry.finalAccuracy),
      percent(entry.bestAccuracy),
      range(lastWaitCounts.get(entry.name)),
      entry.restarts.mean?.toFixed(0) ?? none,
      ...(isJudged ? against(entries, entry.name) : []),
    ]),
  );
}

function against(entries: readonly Entry[], rival: string): readonly string[] {
  const judged = rival === 'abs' ? null : compareWith(entries, rival);
  if (judged === null) return [none, ...measures.map(() => none)];
  return [inPercent(judged.accuracy), ...measures.map((measure) => words[judged.verdict(measure)])];
}

function costs(entries: readonly Entry[], measure: Measure, steps: readonly string[]): readonly string[] {
  return table(
    [`${measure.title} to`, ...steps.map(inPercent)],
    entries.map((entry) => [entry.name, ...steps.map((step) => cost(entry, measure, step))]),
  );
}

function cost(entry: Entry, measure: Measure, step: string): string {
  const { mean = null, sd = null, reached = 0 } = measure.of(entry)[step] ?? {};
  if (reached === 0) return none;
  if (mean === null) return `${reached} of ${entry.seeds.length}`;
  return `${number(mean)}${sd === null ? '' : ` ± ${number(sd)}`}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function inPercent(step: string): string {
  return `${Math.round(Number(step) * 100)} %`;
}

function percent({ mean, sd }: Entry['finalAccuracy']): string {
  if (mean === null) return none;
  return `${(100 * mean).toFixed(1)}${sd === null ? '' : ` ± ${(100 * sd).toFixed(1)}`} %`;
}

function range(ends: readonly [number, number] | undefined): string {
  if (ends === undefined) return none;
  const [least, most] = ends;
  return least === most ? `${least}` : `${least} to ${most}`;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
