/** The characters that draw bars and marks, for terminals that show Unicode and for those that do not. */
import type { WorkerState } from './run-events.js';

export interface Glyphs {
  readonly ellipsis: string;
  readonly dot: string;
  readonly none: string;
  readonly tau: string;
  readonly times: string;
  readonly barDone: string;
  readonly barLeft: string;
  readonly cellFull: string;
  readonly cellEmpty: string;
  /** From lowest to highest. */
  readonly spark: readonly string[];
  readonly states: Readonly<Record<WorkerState, string>>;
  readonly atMost: string;
  readonly atLeast: string;
}

export const unicodeGlyphs: Glyphs = {
  ellipsis: '…',
  dot: '·',
  none: '–',
  tau: 'τ',
  times: '×',
  barDone: '━',
  barLeft: '─',
  cellFull: '■',
  cellEmpty: '·',
  spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  states: {
    joining: '○',
    computing: '●',
    waiting: '◐',
    uploading: '↑',
    idle: '○',
    paused: '‖',
    restarting: '↻',
    suspect: '!',
    lost: '?',
    gone: '✕',
  },
  atMost: '≤ ',
  atLeast: '≥ ',
};

export const asciiGlyphs: Glyphs = {
  ellipsis: '~',
  dot: '|',
  none: '-',
  tau: 'tau',
  times: 'x',
  barDone: '=',
  barLeft: '-',
  cellFull: '#',
  cellEmpty: '.',
  spark: ['_', '.', '-', '=', '+', '*', '#', '@'],
  states: {
    joining: 'o',
    computing: '*',
    waiting: '~',
    uploading: '^',
    idle: 'o',
    paused: '=',
    restarting: '@',
    suspect: '!',
    lost: '?',
    gone: 'x',
  },
  atMost: '<= ',
  atLeast: '>= ',
};

/** A course of values in `width` columns, from the lowest to the highest of them. */
export function sparkline(values: readonly number[], width: number, { spark }: Glyphs): string {
  const columns = Math.min(width, values.length);
  if (columns <= 0) return '';
  const points = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    const part = values.slice(from, to);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const low = Math.min(...points);
  const range = Math.max(...points) - low;
  const top = spark.length - 1;
  return points
    .map((value) => spark[range > 0 ? Math.round(((value - low) / range) * top) : Math.floor(top / 2)])
    .join('');
}
