/**
 * The live display of a comparison as a pure function: a moment of it and the size of a terminal in, text out. As that of a
 * run it never outgrows the terminal; entries that do not fit are counted in the last line.
 */
import { mean } from 'simple-statistics';
import { type Glyphs, unicodeGlyphs } from '../telemetry/glyphs.js';
import { formatAmount, formatCount, formatDuration, formatPercent } from '../telemetry/number-format.js';
import type { DisplayOptions } from '../telemetry/progress-display.js';
import { type Line, padEnd, paintLine, type Span, span, visibleWidth } from '../telemetry/styled-line.js';
import type { CompareSnapshot, EntryProgress } from './compare-progress.js';

/** What stays the same. */
export interface CompareHeader {
  readonly model: string;
  readonly dataset: string;
  readonly workers: number;
}

const indent = span('  ');
const label = 10;
const widest = 100;
const shortestBar = 8;

/** Text of the display: lines joined by line feeds, at most `rows − 1` of them (the cursor rests below). */
export function renderCompareDisplay(
  snapshot: CompareSnapshot,
  header: CompareHeader,
  { columns, rows, colour, glyphs = unicodeGlyphs }: DisplayOptions,
): string {
  // The last column stays free: some terminals wrap as soon as it is filled.
  const width = Math.max(1, Math.min(widest, columns - 1));
  const dot = ` ${glyphs.dot} `;
  const { model, dataset, workers } = header;
  const facts = [
    `${model} on ${dataset}`,
    formatAmount(workers, 'worker'),
    formatAmount(snapshot.seeds, 'seed'),
  ];
  const head: Line[] = [
    [indent, span('stalewart', 'bold'), span('  '), span('comparison', 'cyan'), span(dot + facts.join(dot))],
    runsLine(snapshot, width, glyphs),
    currentLine(snapshot, glyphs),
  ];
  const notice: Line[] = snapshot.notice === null ? [] : [[indent, span(snapshot.notice, 'yellow')]];
  const room = Math.max(0, rows - 1 - head.length - notice.length);
  return [...head, ...entryLines(snapshot, room, glyphs), ...notice]
    .slice(0, Math.max(1, rows - 1))
    .map((line) => paintLine(line, { width, colour, ellipsis: glyphs.ellipsis }))
    .join('\n');
}

function labelled(name: string): Span {
  return span(padEnd(name, label), 'dim');
}

function runsLine(
  { ended, runs, fraction, elapsed, secondsLeft }: CompareSnapshot,
  width: number,
  glyphs: Glyphs,
): Line {
  const counted = padEnd(`${formatCount(ended)}/${formatCount(runs)}`, 9);
  const left = secondsLeft === null || secondsLeft === 0 ? '' : `   ${formatDuration(secondsLeft)} left`;
  const text = `  ${Math.floor(fraction * 100)} %   ${formatDuration(elapsed)} elapsed${left}`;
  const bar = width - 2 - label - counted.length - visibleWidth(text);
  const done = Math.round(fraction * bar);
  return [
    indent,
    labelled('runs'),
    span(counted, 'bold'),
    ...(bar < shortestBar
      ? []
      : [span(glyphs.barDone.repeat(done), 'green'), span(glyphs.barLeft.repeat(bar - done), 'dim')]),
    span(text),
  ];
}

function currentLine({ current }: CompareSnapshot, glyphs: Glyphs): Line {
  if (current === null) return [indent, labelled('now'), span(glyphs.none, 'dim')];
  const { name, seed, version, time, accuracy } = current;
  const facts = [
    `seed ${seed}`,
    `round ${formatCount(version)}`,
    `time ${formatTime(time)}`,
    ...(accuracy === null ? [] : [formatPercent(accuracy)]),
  ];
  return [indent, labelled('now'), span(name, 'bold'), span(`  ${facts.join(` ${glyphs.dot} `)}`)];
}

function formatTime(time: number): string {
  return time >= 1000 ? formatCount(time) : time.toFixed(1);
}

function entryLines({ entries, seeds, current }: CompareSnapshot, room: number, glyphs: Glyphs): Line[] {
  const nameWidth = Math.max(label, ...entries.map(({ name }) => visibleWidth(name) + 2));
  const lines = entries.map((entry): Line => {
    const isCurrent = entry.name === current?.name;
    return [
      indent,
      span(padEnd(entry.name, nameWidth), isCurrent ? 'bold' : 'plain'),
      span(padEnd(`${entry.ended}/${seeds}`, 9), entry.ended === seeds ? 'green' : 'plain'),
      ...reached(entry, glyphs),
    ];
  });
  if (lines.length <= room) return lines;
  const shown = Math.max(0, room - 1);
  return [...lines.slice(0, shown), [indent, span(`and ${lines.length - shown} more`, 'dim')]].slice(0, room);
}

function reached({ accuracies, failed }: EntryProgress, glyphs: Glyphs): Span[] {
  const spans: Span[] = [];
  if (accuracies.length > 0) {
    const [low, high] = [Math.min(...accuracies), Math.max(...accuracies)];
    const range = low === high ? '' : `  ${formatPercent(low)} to ${formatPercent(high)}`;
    spans.push(span(formatPercent(mean([...accuracies])), 'bold'), span(range, 'dim'));
  }
  if (failed > 0) spans.push(span(` ${glyphs.dot} ${failed} failed`, 'red'));
  return spans;
}
