/**
 * The live display as a pure function: a moment of a run and the size of a terminal in, text out. No line is wider than
 * the terminal and there are fewer lines than it has rows, whatever the sizes and the names.
 */
import { type Glyphs, unicodeGlyphs } from './glyphs.js';
import { formatAmount, formatCount, formatDuration } from './number-format.js';
import { figureLines, INDENT, LABEL, VALUE } from './progress-figures.js';
import type { ProgressSnapshot } from './progress-state.js';
import { type Line, lineWidth, padEnd, paintLine, span, visibleWidth } from './styled-line.js';
import { workerTable } from './worker-table.js';

export interface DisplayOptions {
  /** Size of the terminal. */
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  /** Default: `unicodeGlyphs`. */
  readonly glyphs?: Glyphs;
}

/** Wider lines are hard to read across; only a table of many workers takes more. */
const WIDEST = 118;
const SHORTEST_BAR = 8;

/** As many facts as fit; the first always stands. */
function headerLine({ header }: ProgressSnapshot, width: number, glyphs: Glyphs): Line {
  const { policy, model, dataset, backend, threads, workers, mode } = header;
  const facts = [
    `${model} on ${dataset}`,
    formatAmount(workers, 'worker'),
    `${backend} ${glyphs.times} ${formatAmount(threads, 'thread')}`,
    mode,
  ];
  const start: Line = [INDENT, span('stalewart', 'bold'), span('  '), span(policy, 'cyan')];
  return facts.reduce<Line>((line, fact, index) => {
    const longer = [...line, span(` ${glyphs.dot} `, 'dim'), span(fact)];
    return index === 0 || lineWidth(longer) <= width ? longer : line;
  }, start);
}

function timeLeft({ progress }: ProgressSnapshot, glyphs: Glyphs): string | null {
  // Nothing left: the run is ending.
  if (progress.secondsLeft === null || progress.secondsLeft === 0) return null;
  const prefix = { about: '', 'at-most': glyphs.atMost, 'at-least': glyphs.atLeast }[progress.bound];
  return `${prefix}${formatDuration(progress.secondsLeft)} left`;
}

/** Round, bar, share done, time gone and time left; the bar takes what the others leave, or leaves itself. */
function progressLine(snapshot: ProgressSnapshot, width: number, glyphs: Glyphs): Line {
  const { round, goal, progress, elapsed } = snapshot;
  const version = formatCount(round?.version ?? 0);
  const numbers = goal.rounds === null ? version : `${version}/${formatCount(goal.rounds)}`;
  const start: Line = [INDENT, span(padEnd('round', LABEL), 'dim'), span(padEnd(numbers, VALUE), 'bold')];
  const percent = progress.fraction === null ? null : `${Math.floor(progress.fraction * 100)} %`.padStart(5);
  const soon = timeLeft(snapshot, glyphs);
  const spent = `${formatDuration(elapsed)} elapsed`;
  const shortest = soon ?? percent ?? spent;
  const choices = [[percent, spent, soon], [percent, soon ?? spent], [shortest]].map((parts) =>
    parts.filter((part) => part !== null).join('   '),
  );
  const room = (text: string): number => width - lineWidth(start) - visibleWidth(text) - 2;
  const withBar = choices.find((text) => room(text) >= SHORTEST_BAR);
  if (progress.fraction === null || withBar === undefined) {
    const text = choices.find((choice) => room(choice) >= -2) ?? shortest;
    return [...start, span(text)];
  }
  const done = Math.round(progress.fraction * room(withBar));
  return [
    ...start,
    span(glyphs.barDone.repeat(done), 'green'),
    span(glyphs.barLeft.repeat(room(withBar) - done), 'dim'),
    span(`  ${withBar}`),
  ];
}

/** Text of the display: lines joined by line feeds, at most `rows − 1` of them (the cursor rests below). */
export function renderDisplay(snapshot: ProgressSnapshot, options: DisplayOptions): string {
  const { columns, rows, colour, glyphs = unicodeGlyphs } = options;
  // The last column stays free: some terminals wrap as soon as it is filled.
  const fullWidth = Math.max(1, columns - 1);
  const width = Math.min(WIDEST, fullWidth);
  const maxLines = Math.max(1, rows - 1);
  const figures = figureLines(snapshot, width, glyphs);
  const notice: Line[] = snapshot.notice === null ? [] : [[INDENT, span(snapshot.notice, 'yellow')]];

  // Blank lines only where every worker has a line all the same.
  const fixed = 2 + figures.length + notice.length;
  const blanks = 4 + notice.length;
  const airy = fixed + blanks + 1 + snapshot.workers.length <= maxLines;
  const blank: Line[] = airy ? [[]] : [];
  const table = workerTable(snapshot.workers, {
    width,
    fullWidth,
    maxLines: maxLines - fixed - (airy ? blanks : 0),
    maxStaleness: snapshot.round?.maxStaleness ?? null,
    glyphs,
  });
  const sections = [
    [headerLine(snapshot, width, glyphs)],
    [progressLine(snapshot, width, glyphs)],
    figures,
    table,
    notice,
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines) => [...blank, ...lines])
    .slice(0, maxLines)
    .map((line) => paintLine(line, { width: fullWidth, colour, ellipsis: glyphs.ellipsis }))
    .join('\n');
}
