/** All figures of a report, in the order of the page; those without values are left out. */
import type { Series } from '../series.js';
import { within } from '../timeline.js';
import { contributionFigure } from './contribution-figure.js';
import { courseFigures } from './curve-figures.js';
import type { Figure } from './figure.js';
import type { Axis } from './line-figure.js';
import { stalenessFigure } from './staleness-figure.js';
import { timelineFigure } from './timeline-figure.js';

/** What time is in these runs: `s` on the wall, or the units of simulated time. */
export function timeAxis(mode: 'live' | 'simulated'): Axis {
  return { title: mode === 'live' ? 'Time (s)' : 'Time (simulated time units)' };
}

export function allFigures(series: readonly Series[], mode: 'live' | 'simulated'): readonly Figure[] {
  const time = timeAxis(mode);
  const staleness = stalenessFigure(series);
  const contributions = contributionFigure(series);
  return [
    ...courseFigures(series, time),
    ...(staleness === null ? [] : [staleness]),
    ...(contributions === null ? [] : [contributions]),
    ...timelines(series, time),
  ];
}

/** One per series, of its first run; all end where the shortest does, so that they can be compared. */
function timelines(series: readonly Series[], time: Axis): readonly Figure[] {
  const drawn = series.flatMap(({ label, runs: [run] }) =>
    run === undefined || run.timeline === null ? [] : [{ label, run, timeline: run.timeline }],
  );
  const to = Math.min(...drawn.map(({ timeline }) => timeline.to));
  const taken = new Set<string>();
  return drawn.map(({ label, run, timeline }) => {
    const name = drawn.length === 1 ? 'timeline' : fileName(`timeline-${label}`, taken);
    return timelineFigure(run, within(timeline, timeline.from, to), { name, label, time });
  });
}

/** Letters, digits and dashes only; different for different labels. */
function fileName(text: string, taken: Set<string>): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  let name = plain;
  for (let number = 2; taken.has(name); number += 1) name = `${plain}-${number}`;
  taken.add(name);
  return name;
}
