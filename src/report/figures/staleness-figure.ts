/** How stale the applied updates were: their share by staleness, as bars for one series and as lines for several. */
import { max, mean, min, sum } from 'simple-statistics';
import type { BandPoint } from '../curve.js';
import type { JournalFacts } from '../journal-facts.js';
import { listed, type Series } from '../series.js';
import { barFigure } from './bar-figure.js';
import { bandWords } from './curve-figures.js';
import type { Figure } from './figure.js';
import { lineFigure } from './line-figure.js';

/** About as many bins as are still legible in a column. */
const mostBins = 32;

export function stalenessFigure(series: readonly Series[]): Figure | null {
  const histograms = series.map(({ runs }) =>
    runs.flatMap(({ journal }) => (journal === null || journal.staleness.length === 0 ? [] : [journal])),
  );
  const largest = histograms.flat().map(({ staleness }) => staleness.at(-1)?.[0] ?? 0);
  if (largest.length === 0) return null;
  const width = Math.ceil((max(largest) + 1) / mostBins);
  const lines = series.map(({ label }, index) => ({
    label,
    points: overRuns(histograms[index] ?? [], width),
  }));
  const drawn = series.filter((_, index) => (histograms[index] ?? []).length > 0);
  const bins = width === 1 ? '' : ` Values are put together in bins of ${width}, shown at their middle.`;
  const means = drawn.map((one) => `${one.label} ${meanStaleness(one).toFixed(2)}`);
  const figure = {
    name: 'staleness',
    title: 'Staleness of applied updates',
    caption: [
      'Share of the applied updates by staleness: versions between the model that an update was computed from and the one ' +
        `it was added to.${bins}`,
      `Mean staleness: ${means.join(', ')}.`,
      `Runs: ${listed(drawn)}.`,
      ...bandWords(drawn),
    ].join(' '),
    x: { title: 'Staleness (rounds)', minStep: 1 },
    y: { title: 'Share of updates', format: '.0%' },
  };
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return barFigure({ ...figure, points: only.points, width });
  const down = lines.map(({ label, points }) => ({ label, points: endingAtZero(points, width) }));
  return lineFigure({ ...figure, lines: down, interpolation: 'linear' });
}

/** One point per bin, from 0 to the largest staleness of the series. */
function overRuns(histograms: readonly JournalFacts[], width: number): readonly BandPoint[] {
  if (histograms.length === 0) return [];
  const shares = histograms.map(({ staleness }) => inBins(staleness, width));
  const bins = max(shares.map(({ length }) => length));
  return Array.from({ length: bins }, (_, bin) => {
    const values = shares.map((share) => share[bin] ?? 0);
    const x = bin * width + (width - 1) / 2;
    return { x, mean: mean(values), low: min(values), high: max(values) };
  });
}

/** With the first empty bin, so that a line ends on the axis. */
function endingAtZero(points: readonly BandPoint[], width: number): readonly BandPoint[] {
  const last = points.at(-1);
  return last === undefined ? [] : [...points, { x: last.x + width, mean: 0, low: 0, high: 0 }];
}

function inBins(staleness: JournalFacts['staleness'], width: number): readonly number[] {
  const counts: number[] = [];
  for (const [value, updates] of staleness) {
    const bin = Math.floor(value / width);
    while (counts.length <= bin) counts.push(0);
    counts[bin] = (counts[bin] ?? 0) + updates;
  }
  const total = sum(counts);
  return counts.map((count) => count / total);
}

function meanStaleness({ runs }: Series): number {
  return mean(
    runs.flatMap(({ journal }) => {
      const staleness = journal?.staleness ?? [];
      const updates = sum(staleness.map(([, count]) => count));
      return updates === 0 ? [] : [sum(staleness.map(([value, count]) => value * count)) / updates];
    }),
  );
}
