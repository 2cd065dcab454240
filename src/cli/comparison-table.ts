/**
 * What a comparison came to, as the table at its end: accuracy with its spread, time to a few accuracies, and communication
 * counted both ways, since which policy wins can depend on it. A figure stands only where every run of the entry has one.
 */
import type { ComparisonEntryRecord, ComparisonRecord } from '../telemetry/comparison-file.js';
import { formatCount, formatPercent } from '../telemetry/number-format.js';
import { type Line, padEnd, padStart, paintLine, span, visibleWidth } from '../telemetry/styled-line.js';

export interface TableOptions {
  readonly colour: boolean;
  readonly none: string;
}

interface Column {
  readonly title: readonly [string, string];
  readonly cell: (entry: ComparisonEntryRecord) => string;
}

/** Accuracies that times are given for. */
const mostSteps = 3;

/** Lines joined by line feeds, without a last one. */
export function renderComparisonTable(record: ComparisonRecord, { colour, none }: TableOptions): string {
  const entries = record.entries.filter(({ seeds }) => seeds.length > 0);
  if (entries.length === 0) return '';
  const columns = columnsOf(entries, none);
  const rows = [
    columns.map(({ title }) => title[0]),
    columns.map(({ title }) => title[1]),
    ...entries.map((entry) => columns.map(({ cell }) => cell(entry))),
  ];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => visibleWidth(row[column] ?? ''))));
  const lines = rows.map((row, index): Line => {
    const cells = row.map((text, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? padEnd(text, width) : padStart(text, width);
    });
    return [span(`  ${cells.join('   ')}`, index < 2 ? 'dim' : 'plain')];
  });
  return ['', ...lines.map((line) => paintLine(line, { width: Infinity, colour }))].join('\n');
}

function columnsOf(entries: readonly ComparisonEntryRecord[], none: string): readonly Column[] {
  const trained = entries.some(({ finalAccuracy }) => finalAccuracy.values.some((value) => value !== null));
  const runs = Math.max(...entries.map(({ seeds }) => seeds.length));
  const first: Column[] = [{ title: ['', ''], cell: ({ name }) => name }];
  if (runs > 1) first.push({ title: ['', 'seeds'], cell: ({ seeds }) => String(seeds.length) });
  const total = (
    title: readonly [string, string],
    of: 'rounds' | 'restarts' | CommunicationCount,
  ): Column => ({
    title,
    cell: (entry) => orNone(entry[of].mean, formatCount, none),
  });
  if (!trained) {
    return [
      ...first,
      total(['', 'rounds'], 'rounds'),
      total(['', 'restarts'], 'restarts'),
      total(['', 'communication'], 'communicationRounds'),
      total(['without', 'restarts'], 'communicationRoundsWithoutRestarts'),
    ];
  }
  const common = stepsReached(entries, (each) => each.length === entries.length).at(-1);
  const accuracy: Column = {
    title: ['final', 'accuracy'],
    cell: ({ finalAccuracy: { mean, sd } }) => {
      if (mean === null) return none;
      return sd === null ? formatPercent(mean) : `${formatPercent(mean)} ± ${(100 * sd).toFixed(1)}`;
    },
  };
  return [
    ...first,
    accuracy,
    ...spread(
      stepsReached(entries, (each) => each.length > 0),
      mostSteps,
    ).map(
      (step, index): Column => ({
        title: [index === 0 ? 'time to' : '', formatPercent(Number(step), 0)],
        cell: (entry) => toAccuracy(entry.timeToAccuracy[step], formatTime, entry.seeds.length, none),
      }),
    ),
    ...(common === undefined
      ? [
          total(['communi-', 'cation'], 'communicationRounds'),
          total(['without', 'restarts'], 'communicationRoundsWithoutRestarts'),
        ]
      : communicationTo(common, none)),
    total(['', 'restarts'], 'restarts'),
  ];
}

type CommunicationCount = 'communicationRounds' | 'communicationRoundsWithoutRestarts';

/** To the highest accuracy that every run of every entry has reached. */
function communicationTo(step: string, none: string): readonly Column[] {
  const to = `to ${formatPercent(Number(step), 0)}`;
  return [
    {
      title: ['communication', to],
      cell: ({ communicationToAccuracy: figures, seeds }) =>
        toAccuracy(figures[step], formatCount, seeds.length, none),
    },
    {
      title: ['without', 'restarts'],
      cell: ({ communicationToAccuracyWithoutRestarts: figures, seeds }) =>
        toAccuracy(figures[step], formatCount, seeds.length, none),
    },
  ];
}

/** Accuracy steps, lowest first, that all runs of the entries have reached that `isEnough` agrees to. */
function stepsReached(
  entries: readonly ComparisonEntryRecord[],
  isEnough: (who: readonly ComparisonEntryRecord[]) => boolean,
): readonly string[] {
  const steps = Object.keys(entries[0]?.timeToAccuracy ?? {});
  return steps.filter((step) =>
    isEnough(entries.filter(({ timeToAccuracy }) => timeToAccuracy[step]?.mean != null)),
  );
}

/** At most `count`, spread evenly, the last one among them. */
function spread(steps: readonly string[], count: number): readonly string[] {
  if (steps.length <= count) return steps;
  return Array.from(
    { length: count },
    (_, index) => steps[Math.round((index * (steps.length - 1)) / (count - 1))] ?? '',
  );
}

function toAccuracy(
  figure: { readonly mean: number | null; readonly reached: number } | undefined,
  format: (value: number) => string,
  runs: number,
  none: string,
): string {
  if (figure === undefined || figure.reached === 0) return none;
  return figure.mean === null ? `${figure.reached} of ${runs}` : format(figure.mean);
}

function orNone(value: number | null, format: (value: number) => string, none: string): string {
  return value === null ? none : format(value);
}

function formatTime(time: number): string {
  return time >= 1000 ? formatCount(time) : time.toFixed(1);
}
