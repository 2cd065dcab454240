/**
 * One line per worker: what it does, how stale it is against τ_max, what it has contributed. Columns leave from the
 * least needed on when the terminal is narrow. Where the rows do not suffice, workers stand side by side if the terminal
 * is wide; those that still do not fit are counted in the last line.
 */
import type { Glyphs } from './glyphs.js';
import { formatCount, formatSeconds } from './number-format.js';
import type { WorkerState, WorkerStatus } from './run-events.js';
import { type Line, lineWidth, type Paint, padEnd, type Span, span, visibleWidth } from './styled-line.js';

export interface WorkerTableOptions {
  /** Columns of a table whose workers all have a line. */
  readonly width: number;
  /** Columns that many workers may take, side by side. */
  readonly fullWidth: number;
  /** Lines at most, the heading included. */
  readonly maxLines: number;
  /** τ_max^t; null: no bound, or none yet. */
  readonly maxStaleness: number | null;
  readonly glyphs: Glyphs;
}

const GAP = 2;
const STALENESS_CELLS = 8;
const SHARE_CELLS = 16;
/** Columns that a worker needs at least to stand beside another. */
const SIDE_BY_SIDE = 52;

const paintOf: Readonly<Record<WorkerState, Paint>> = {
  joining: 'dim',
  computing: 'green',
  waiting: 'yellow',
  uploading: 'cyan',
  idle: 'dim',
  paused: 'dim',
  restarting: 'magenta',
  suspect: 'yellow',
  lost: 'red',
  gone: 'red',
};

/** What the cells of a column need to know besides their worker. */
interface Context {
  readonly maxStaleness: number | null;
  readonly mostContributions: number;
  readonly allContributions: number;
  readonly glyphs: Glyphs;
}

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Columns with higher numbers leave first. */
  readonly rank: number;
  cell(status: WorkerStatus, context: Context): readonly Span[];
}

const alive = (status: WorkerStatus): boolean => status.state !== 'gone' && status.state !== 'lost';

function stalenessPaint(staleness: number, bound: number): Paint {
  if (staleness >= bound) return 'red';
  return staleness * 2 >= bound ? 'yellow' : 'green';
}

function stalenessBar({ staleness }: WorkerStatus, { maxStaleness, glyphs }: Context): readonly Span[] {
  if (maxStaleness === null) return [];
  const cells = Math.min(STALENESS_CELLS, maxStaleness);
  const full = Math.min(cells, Math.round((staleness / maxStaleness) * cells));
  return [
    span(glyphs.cellFull.repeat(full), stalenessPaint(staleness, maxStaleness)),
    span(glyphs.cellEmpty.repeat(cells - full), 'dim'),
    span(' '.repeat(STALENESS_CELLS - cells)),
  ];
}

function stalenessFigure({ staleness }: WorkerStatus, { maxStaleness }: Context): Span {
  return span(maxStaleness === null ? String(staleness) : `${staleness}/${maxStaleness}`);
}

function shareBar({ contributions }: WorkerStatus, context: Context): readonly Span[] {
  const { glyphs, mostContributions, allContributions } = context;
  if (allContributions === 0) return [];
  const cells = Math.round((contributions / mostContributions) * SHARE_CELLS);
  const percent = `${((100 * contributions) / allContributions).toFixed(1)} %`;
  return [span(glyphs.barDone.repeat(cells), 'cyan'), span(` ${percent}`, 'dim')];
}

const quietZero = (value: number, paint: Paint = 'plain'): readonly Span[] => [
  span(formatCount(value), value === 0 ? 'dim' : paint),
];

function columns(glyphs: Glyphs, bounded: boolean): readonly Column[] {
  const state: Column = {
    title: 'state',
    align: 'left',
    rank: 0,
    cell: ({ state: now }) => [span(`${glyphs.states[now]} ${padEnd(now, 10)}`, paintOf[now])],
  };
  const bar: Column = {
    title: 'staleness',
    align: 'left',
    rank: 4,
    cell: (status, context) => (alive(status) ? stalenessBar(status, context) : []),
  };
  return [
    { title: '#', align: 'right', rank: 0, cell: ({ worker }) => [span(String(worker), 'bold')] },
    state,
    ...(bounded ? [bar] : []),
    {
      title: glyphs.tau,
      align: 'right',
      rank: 1,
      cell: (status, context) => (alive(status) ? [stalenessFigure(status, context)] : []),
    },
    { title: 'tasks', align: 'right', rank: 3, cell: ({ tasks }) => quietZero(tasks) },
    { title: 'updates', align: 'right', rank: 6, cell: ({ contributions }) => quietZero(contributions) },
    { title: 'restarts', align: 'right', rank: 2, cell: ({ restarts }) => quietZero(restarts, 'yellow') },
    { title: 'crashes', align: 'right', rank: 7, cell: ({ crashes }) => quietZero(crashes, 'red') },
    {
      title: 's/task',
      align: 'right',
      rank: 5,
      cell: ({ meanTaskSeconds }) => [
        meanTaskSeconds === null ? span(glyphs.none, 'dim') : span(formatSeconds(meanTaskSeconds)),
      ],
    },
    { title: 'share of the updates', align: 'left', rank: 8, cell: shareBar },
  ];
}

function aligned(spans: readonly Span[], width: number, align: Column['align']): readonly Span[] {
  const padding = span(' '.repeat(Math.max(0, width - lineWidth(spans))));
  return align === 'left' ? [...spans, padding] : [padding, ...spans];
}

function moreLine(hidden: readonly WorkerStatus[], glyphs: Glyphs): Line {
  const counts = new Map<WorkerState, number>();
  for (const { state } of hidden) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].sort(([, left], [, right]) => right - left);
  const detail = parts.map(([state, count]) => `${formatCount(count)} ${state}`).join(', ');
  return [span(`  ${glyphs.ellipsis} ${formatCount(hidden.length)} more: ${detail}`, 'dim')];
}

/** A heading and a line for each worker, each padded to the width of the widest. */
function block(workers: readonly WorkerStatus[], width: number, context: Context): Line[] {
  const candidates = columns(context.glyphs, context.maxStaleness !== null).map((column) => {
    const cells = workers.map((status) => column.cell(status, context));
    return { ...column, cells, width: Math.max(visibleWidth(column.title), ...cells.map(lineWidth)) };
  });
  let left = width;
  const chosen = new Set<string>();
  for (const column of [...candidates].sort((one, other) => one.rank - other.rank)) {
    if (column.width + GAP > left) break;
    left -= column.width + GAP;
    chosen.add(column.title);
  }
  const kept = candidates.filter(({ title }) => chosen.has(title));
  const lineOf = (cellOf: (column: (typeof kept)[number]) => Line): Line =>
    kept.flatMap((column) => [span(' '.repeat(GAP)), ...aligned(cellOf(column), column.width, column.align)]);
  return [
    lineOf(({ title }) => [span(title, 'dim')]),
    ...workers.map((_, row) => lineOf(({ cells }) => cells[row] ?? [])),
  ];
}

/** Lines of the table, a heading first; none if there is no room for the heading and one worker. */
export function workerTable(workers: readonly WorkerStatus[], options: WorkerTableOptions): Line[] {
  const { width, fullWidth, maxLines, maxStaleness, glyphs } = options;
  if (workers.length === 0 || maxLines < 2) return [];
  const context: Context = {
    maxStaleness,
    glyphs,
    mostContributions: workers.reduce((most, { contributions }) => Math.max(most, contributions), 0),
    allContributions: workers.reduce((sum, { contributions }) => sum + contributions, 0),
  };
  const most = Math.max(1, Math.floor(fullWidth / SIDE_BY_SIDE));
  const abreast = Math.min(most, Math.ceil(workers.length / (maxLines - 1)));
  if (workers.length <= maxLines - 1) return block(workers, width, context);

  const complete = workers.length <= abreast * (maxLines - 1);
  const rows = complete ? Math.ceil(workers.length / abreast) : Math.max(1, maxLines - 2);
  const blockWidth = Math.floor(fullWidth / abreast) - GAP;
  const blocks = Array.from({ length: abreast }, (_, index) =>
    block(workers.slice(index * rows, (index + 1) * rows), blockWidth, context),
  );
  const lines = Array.from({ length: rows + 1 }, (_, row) =>
    blocks.flatMap((one) => [...(one[row] ?? []), span(' '.repeat(GAP))]),
  );
  return complete ? lines : [...lines, moreLine(workers.slice(abreast * rows), glyphs)].slice(0, maxLines);
}
