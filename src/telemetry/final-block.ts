/**
 * The last thing that a run says: what was reached and where it lies. Every line fits the given width, except that
 * paths and an error are never cut: they are there to be copied.
 */
import { type Glyphs, unicodeGlyphs } from './glyphs.js';
import {
  formatAmount,
  formatCount,
  formatDuration,
  formatLoss,
  formatPercent,
  formatUnits,
} from './number-format.js';
import type { RunPaths } from './run-files.js';
import { type Line, type Paint, padEnd, paintLine, span, visibleWidth } from './styled-line.js';
import type { Summary } from './summary.js';

export interface FinalBlockOptions {
  /** Default: false. */
  readonly colour?: boolean;
  /** Columns. Default: 80. */
  readonly width?: number;
  readonly glyphs?: Glyphs;
  /** Whether the model was saved. Default: true unless the run failed before its first round. */
  readonly modelSaved?: boolean;
  /** What `time` counts in. Default: seconds. */
  readonly timeUnit?: 'seconds' | 'virtual';
}

const LABEL = 11;

const headline: Readonly<Record<Summary['status'], readonly [text: string, paint: Paint]>> = {
  finished: ['finished', 'green'],
  stopped: ['stopped', 'yellow'],
  failed: ['failed', 'red'],
};

/** At most `count` of `items`, spread evenly, the last one always among them and the first where there is room. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  if (count <= 1) return items.slice(-1);
  const indices = Array.from({ length: count }, (_, index) =>
    Math.round((index * (items.length - 1)) / (count - 1)),
  );
  return items.filter((_, index) => indices.includes(index));
}

function milestones(summary: Summary, room: number, timeOf: (time: number) => string, dot: string): string {
  const reached = Object.entries(summary.timeToAccuracy).flatMap(([step, time]) =>
    time === null ? [] : [`${formatPercent(Number(step), 0)} ${timeOf(time)}`],
  );
  const widest = Math.max(1, ...reached.map((text) => text.length + dot.length));
  return spread(reached, Math.max(1, Math.min(5, Math.floor(room / widest)))).join(dot);
}

function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + visibleWidth(text), 0);
}

/** 5 to 13 lines, joined by line feeds, without a last one. */
export function renderFinalBlock(summary: Summary, paths: RunPaths, options: FinalBlockOptions = {}): string {
  const { colour = false, width = 80, glyphs = unicodeGlyphs, timeUnit = 'seconds' } = options;
  const { modelSaved = summary.rounds > 0 || summary.status !== 'failed' } = options;
  const dot = ` ${glyphs.dot} `;
  const timeOf = (time: number): string =>
    timeUnit === 'seconds' ? formatDuration(time) : formatUnits(time);
  const row = (label: string, ...value: Line): Line => [
    span('  '),
    span(padEnd(label, LABEL), 'dim'),
    ...value,
  ];

  const [word, paint] = headline[summary.status];
  const spent =
    timeUnit === 'seconds'
      ? formatDuration(summary.wallSeconds)
      : `${timeOf(summary.time)} of virtual time (${formatDuration(summary.wallSeconds)} of computing)`;
  const title: Line = [
    span('  '),
    span(padEnd(word, LABEL), paint),
    span(
      `${summary.rounds === 0 ? 'no round closed' : formatAmount(summary.rounds, 'round')} in ${spent}`,
      'bold',
    ),
  ];
  const reason = summary.status === 'failed' ? '' : summary.reason;
  const fits = lineWidth(title) + 2 + visibleWidth(reason) <= width;
  const lines: Line[] = [[], fits ? [...title, span(`  ${reason}`, 'dim')] : title];
  if (!fits) lines.push(row('ended by', span(reason)));
  if (summary.finalAccuracy !== null) {
    const loss = summary.finalLoss === null ? '' : `${dot}loss ${formatLoss(summary.finalLoss)}`;
    const base = ` of ${formatAmount(summary.evaluationSamples ?? 0, 'test example')}${loss}`;
    lines.push(row('accuracy', span(formatPercent(summary.finalAccuracy, 2), 'bold'), span(base)));
    const reached = milestones(summary, width - LABEL - 3, timeOf, dot);
    if (reached !== '') lines.push(row('reached', span(reached)));
  } else if (summary.trainingLoss !== null) {
    lines.push(
      row('loss', span(formatLoss(summary.trainingLoss), 'bold'), span(' in training, not evaluated')),
    );
  }
  if (summary.trainedSamples > 0) {
    const rate = `${dot}${formatCount(summary.samplesPerSecond)} a second`;
    lines.push(row('trained on', span(formatAmount(summary.trainedSamples, 'sample') + rate)));
  }
  if (summary.uploads > 0 || (summary.rounds === 0 && summary.downloads > 0)) {
    const { uploads, downloads, restarts, discarded, failures } = summary;
    const traffic = [formatAmount(uploads, 'upload'), formatAmount(downloads, 'download')];
    if (discarded > 0) traffic.push(`${formatCount(discarded)} discarded`);
    lines.push(row('traffic', span(traffic.join(dot))));
    const fates = [formatAmount(restarts, 'restart for staleness', 'restarts for staleness')];
    if (failures > 0) fates.push(formatAmount(failures, 'crash', 'crashes'));
    lines.push(row('workers', span([formatCount(summary.workers), ...fates].join(dot))));
  }
  const whole = (line: Line): string => paintLine(line, { width: Number.POSITIVE_INFINITY, colour });
  const texts = lines.map((line) => paintLine(line, { width, colour, ellipsis: glyphs.ellipsis }));
  if (summary.failure !== null) texts.splice(2, 0, whole(row('error', span(summary.failure, 'red'))));
  if (modelSaved) texts.push(whole(row('model', span(`${paths.model}/model.json`, 'cyan'))));
  texts.push(whole(row('run', span(paths.directory, 'cyan'))));
  return texts.join('\n');
}
