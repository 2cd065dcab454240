/** Who computed, waited and was restarted in a stretch of one run, a row per worker. Fillings differ in lightness. */
import type { RunFacts } from '../run-facts.js';
import type { Activity, Timeline } from '../timeline.js';
import { type Figure, frame, type Layer, letterWidth, pageWidth, textSize } from './figure.js';
import { type Axis, axisOf, roomAtX } from './line-figure.js';

/** More closed rounds than this are not marked: the lines would be a grey area. */
const mostRounds = 80;

const looks: Readonly<Record<Activity, { says: string; fill: string; stroke: string; height: number }>> = {
  computed: { says: 'computes', fill: '#4a7fb0', stroke: '#ffffff', height: 0.7 },
  dropped: { says: 'computes in vain', fill: '#ffffff', stroke: '#b03a2e', height: 0.7 },
  waited: { says: 'waits', fill: '#9a9a9a', stroke: '#9a9a9a', height: 0.08 },
  absent: { says: 'absent', fill: '#f0c808', stroke: '#8a7400', height: 0.3 },
};
const activities: readonly Activity[] = ['computed', 'dropped', 'waited', 'absent'];

const space = { left: 50, right: 12, top: 26, bottom: 38 };
/** A restart's mark, in rows above the middle of its row. */
const aboveRow = 0.42;

export interface TimelineWords {
  readonly name: string;
  readonly label: string;
  readonly time: Axis;
}

export function timelineFigure(
  run: RunFacts,
  timeline: Timeline,
  { name, label, time }: TimelineWords,
): Figure {
  const { workers, from, to } = timeline;
  const rowHeight = workers.length <= 12 ? 16 : 11;
  const rowOf = new Map(workers.map((worker, row) => [worker, row]));
  const rounds = timeline.rounds.length <= mostRounds ? timeline.rounds : [];
  const layers = [
    ...roundLines(rounds, timeline, time),
    ...bars(timeline, rowOf, time),
    ...restartMarks(timeline, rowOf, time),
    ...legend(rounds.length > 0, timeline),
  ];
  const some = workers.length < run.workers ? ` Shown are ${workers.length} of ${run.workers} workers.` : '';
  const lines = rounds.length > 0 ? ', a thin line closes a round' : '';
  const seed = run.seed === null ? '' : `, seed ${run.seed}`;
  const caption =
    `What each worker did from ${shortNumber(from)} to ${shortNumber(to)}: full bars are tasks that gave an update, hollow ones ` +
    `tasks of which nothing came, a line is waiting for the round to close, a triangle is a restart${lines}.${some} Run: ` +
    `${label}${seed} (${run.name}).`;
  const plotHeight = workers.length * rowHeight;
  return {
    name,
    title: `Timeline: ${label}`,
    caption,
    spec: frame({ width: pageWidth, plotHeight, space, layers }),
  };
}

const shortNumber = (value: number): string => String(Number(value.toPrecision(4)));

/** What all layers share. */
function axes({ from, to, workers }: Timeline, time: Axis) {
  const labelled =
    workers.length <= 16
      ? workers.map((_, row) => row)
      : workers.flatMap((_, row) => (row % 4 === 0 ? [row] : []));
  const names = `{${workers.map((worker, row) => `${row}: '${worker}'`).join(', ')}}`;
  const axisY = {
    title: 'Worker',
    values: labelled,
    labelExpr: `${names}[datum.value]`,
    grid: false,
    ticks: false,
    domain: false,
  };
  const domain = [from, to];
  const scaleY = { domain: [workers.length - 0.5, -0.5], nice: false, zero: false };
  return {
    x: (field: string) =>
      ({
        field,
        type: 'quantitative',
        axis: axisOf(time, 10, to, roomAtX),
        scale: { domain, nice: false, zero: false },
      }) as const,
    y: (field: string) => ({ field, type: 'quantitative', axis: axisY, scale: scaleY }) as const,
  };
}

function bars(timeline: Timeline, rowOf: ReadonlyMap<number, number>, time: Axis): Layer[] {
  const { x, y } = axes(timeline, time);
  return activities.flatMap((activity): Layer[] => {
    const { fill, stroke, height } = looks[activity];
    const values = timeline.spans
      .filter((span) => span.activity === activity)
      .map((span) => {
        const row = rowOf.get(span.worker) ?? 0;
        return { from: span.from, to: span.to, top: row - height / 2, bottom: row + height / 2 };
      });
    if (values.length === 0) return [];
    return [
      {
        data: { values },
        mark: { type: 'rect', fill, stroke, strokeWidth: 0.6 },
        encoding: { x: x('from'), x2: { field: 'to' }, y: y('top'), y2: { field: 'bottom' } },
      },
    ];
  });
}

function restartMarks(timeline: Timeline, rowOf: ReadonlyMap<number, number>, time: Axis): Layer[] {
  const { x, y } = axes(timeline, time);
  const values = timeline.restarts.map((restart) => ({
    time: restart.time,
    row: (rowOf.get(restart.worker) ?? 0) - aboveRow,
  }));
  if (values.length === 0) return [];
  return [
    {
      data: { values },
      mark: { type: 'point', shape: 'triangle-down', size: 18, filled: true, fill: '#000', opacity: 1 },
      encoding: { x: x('time'), y: y('row') },
    },
  ];
}

function roundLines(rounds: readonly number[], timeline: Timeline, time: Axis): Layer[] {
  if (rounds.length === 0) return [];
  const { x } = axes(timeline, time);
  return [
    {
      data: { values: rounds.map((round) => ({ round })) },
      mark: { type: 'rule', stroke: '#c4c4c4', strokeWidth: 0.7 },
      encoding: { x: x('round') },
    },
  ];
}

/** Samples of what occurs, in one row above the plot. */
function legend(hasRounds: boolean, { spans, restarts }: Timeline): Layer[] {
  const occurring = activities.filter((activity) => spans.some((span) => span.activity === activity));
  const row = -14;
  let left = 0;
  const place = (says: string): number => {
    const here = left;
    left += 22 + says.length * letterWidth + 16;
    return here;
  };
  const boxes = occurring.map((activity) => {
    const { says, fill, stroke, height } = looks[activity];
    const here = place(says);
    const half = (10 * height) / 1.4;
    return {
      says,
      fill,
      stroke,
      left: here,
      right: here + 16,
      text: here + 21,
      top: row - half,
      bottom: row + half,
    };
  });
  const restarted = restarts.length > 0 ? [{ says: 'restarted', left: place('restarted') + 8, row }] : [];
  const closed = hasRounds
    ? [{ says: 'round closes', left: place('round closes') + 8, top: row - 7, bottom: row + 7 }]
    : [];
  const texts = [
    ...boxes.map(({ says, text }) => ({ says, text, row })),
    ...[...restarted, ...closed].map(({ says, left: middle }) => ({ says, text: middle + 13, row })),
  ];
  const at = (field: string) => ({ field, type: 'quantitative', scale: null }) as const;
  const layers: Layer[] = [
    {
      data: { values: boxes },
      mark: { type: 'rect', strokeWidth: 0.8 },
      encoding: {
        x: at('left'),
        x2: { field: 'right' },
        y: at('top'),
        y2: { field: 'bottom' },
        fill: { field: 'fill', type: 'nominal', scale: null },
        stroke: { field: 'stroke', type: 'nominal', scale: null },
      },
    },
    {
      data: { values: restarted },
      mark: { type: 'point', shape: 'triangle-down', size: 22, filled: true, fill: '#000', opacity: 1 },
      encoding: { x: at('left'), y: at('row') },
    },
    {
      data: { values: closed },
      mark: { type: 'rule', stroke: '#a0a0a0', strokeWidth: 0.9 },
      encoding: { x: at('left'), y: at('top'), y2: { field: 'bottom' } },
    },
    {
      data: { values: texts },
      mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: textSize, fill: '#000' },
      encoding: { x: at('text'), y: at('row'), text: { field: 'says', type: 'nominal' } },
    },
  ];
  return layers;
}
