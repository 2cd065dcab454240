/** The figures of the live display: what the run has come to, and how its policy goes about it. */
import { type Glyphs, sparkline } from './glyphs.js';
import { formatAmount, formatCount, formatLoss, formatPercent } from './number-format.js';
import type { ProgressSnapshot } from './progress-state.js';
import { type Line, lineWidth, type Paint, padEnd, type Span, span } from './styled-line.js';

/** Columns of the labels and of the values that have a curve beside them. */
export const LABEL = 10;
export const VALUE = 9;
export const INDENT: Span = span('  ');

/** From here on the figures stand in two columns. */
const TWO_COLUMNS = 74;
const LEFT_SHARE = 0.62;
/** Below this a curve says little, and the target gives it its place. */
const SHORTEST_CURVE = 8;
/** Between the left figures and the right ones. */
const GAP = 2;
const TARGET = ' aims at 55 %'.length;

interface FigureOptions {
  /** Columns of a curve, and of what may follow it. */
  readonly curve: number;
  readonly room: number;
  readonly glyphs: Glyphs;
}

type Figure = (snapshot: ProgressSnapshot, options: FigureOptions) => { label: string; value: Line };

const none = (glyphs: Glyphs): Line => [span(glyphs.none, 'dim')];

function withCurve(value: Span, values: readonly number[], paint: Paint, options: FigureOptions): Line {
  const curve = sparkline(values, options.curve, options.glyphs);
  return [span(padEnd(value.text, VALUE), value.paint), span(curve, paint)];
}

const loss: Figure = ({ round, lossHistory }, options) => {
  if (round === null) return { label: 'loss', value: none(options.glyphs) };
  const paint = Number.isFinite(round.loss) ? 'bold' : 'red';
  const value = withCurve(span(formatLoss(round.loss), paint), lossHistory, 'cyan', options);
  return { label: 'loss', value };
};

const accuracy: Figure = ({ evaluation, accuracyHistory, goal }, options) => {
  const target =
    goal.targetAccuracy === null || options.curve === options.room
      ? ''
      : ` aims at ${formatPercent(goal.targetAccuracy, 0)}`;
  const value =
    evaluation === null
      ? none(options.glyphs)
      : withCurve(span(formatPercent(evaluation.testAccuracy), 'bold'), accuracyHistory, 'green', options);
  return { label: 'accuracy', value: [...value, span(target, 'dim')] };
};

const speed: Figure = ({ samplesPerSecond }, { glyphs }) => ({
  label: 'speed',
  value:
    samplesPerSecond === null
      ? none(glyphs)
      : [span(formatCount(samplesPerSecond), 'bold'), span(' images/s', 'dim')],
});

const waitCount: Figure = ({ round, header }, { glyphs }) => ({
  label: 'K^t',
  value:
    round === null
      ? none(glyphs)
      : [
          span(formatCount(round.waitCount), 'bold'),
          span(` of ${formatAmount(header.workers, 'worker')}`, 'dim'),
        ],
});

const maxStaleness: Figure = ({ round }, { glyphs }) => ({
  label: `${glyphs.tau}_max^t`,
  value:
    round === null
      ? none(glyphs)
      : [
          span(round.maxStaleness === null ? 'no bound' : formatCount(round.maxStaleness), 'bold'),
          span(`   mean ${glyphs.tau} ${round.meanStaleness.toFixed(1)}`, 'dim'),
        ],
});

const restarts: Figure = ({ round, failures }) => {
  const count = round?.restarts ?? 0;
  const crashes = failures === 0 ? '' : `   ${formatCount(failures)} ${failures === 1 ? 'crash' : 'crashes'}`;
  return {
    label: 'restarts',
    value: [span(formatCount(count), count > 0 ? 'yellow' : 'plain'), span(crashes, 'red')],
  };
};

const reached = [loss, accuracy, speed];
const steered = [waitCount, maxStaleness, restarts];

/** Three lines with two figures each where there is room, else six with one. */
export function figureLines(snapshot: ProgressSnapshot, width: number, glyphs: Glyphs): Line[] {
  const half = width < TWO_COLUMNS ? width : Math.floor(width * LEFT_SHARE);
  const room = Math.max(0, half - INDENT.text.length - LABEL - VALUE - GAP);
  const options = { room, curve: room - TARGET < SHORTEST_CURVE ? room : room - TARGET, glyphs };
  const lineOf = (figure: Figure): Line => {
    const { label, value } = figure(snapshot, options);
    return [INDENT, span(padEnd(label, LABEL), 'dim'), ...value];
  };
  if (width < TWO_COLUMNS) return [...reached, ...steered].map(lineOf);
  return reached.map((figure, row) => {
    const left = lineOf(figure);
    const other = steered[row];
    const gap = span(' '.repeat(Math.max(1, half - lineWidth(left))));
    return other === undefined ? left : [...left, gap, ...lineOf(other)];
  });
}
