/** One series as bars on a numeric axis; where it has several runs, a bar is their mean, with a whisker over their range. */
import { max, min } from 'simple-statistics';
import type { BandPoint } from '../curve.js';
import { columnWidth, type Figure, frame, type Layer } from './figure.js';
import { type Axis, axisOf, roomAtX, roomAtY } from './line-figure.js';

export interface BarFigure {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  /** x is the middle of a bar. */
  readonly points: readonly BandPoint[];
  /** Between the middles of two bars. */
  readonly width: number;
  readonly reference?: number;
}

const space = { left: 50, right: 12, top: 10, bottom: 38 };
const plotHeight = 165;

/** Null if there is nothing to draw. */
export function barFigure({ points, width, x, y, reference, ...words }: BarFigure): Figure | null {
  if (points.length === 0) return null;
  const middles = points.map((point) => point.x);
  const domainX = [min(middles) - width / 2, max(middles) + width / 2];
  const top = max([...points.map(({ high }) => high), reference ?? 0]);
  const domainY = [0, top > 0 ? top : 1];
  const horizontal = (field: string) =>
    ({
      field,
      type: 'quantitative',
      axis: axisOf(x, 8, max(middles), roomAtX),
      scale: { domain: domainX, nice: false, zero: false },
    }) as const;
  const vertical = (field: string) =>
    ({
      field,
      type: 'quantitative',
      axis: axisOf(y, 5, top, roomAtY),
      scale: { domain: domainY, nice: 5 },
    }) as const;
  const values = points.map((point) => ({
    ...point,
    zero: 0,
    left: point.x - 0.4 * width,
    right: point.x + 0.4 * width,
  }));
  const layers: Layer[] = [
    {
      data: { values },
      mark: { type: 'rect', fill: '#7aa6c8', stroke: '#1f4e79', strokeWidth: 0.8 },
      encoding: {
        x: horizontal('left'),
        x2: { field: 'right' },
        y: vertical('mean'),
        y2: { field: 'zero' },
      },
    },
  ];
  if (points.some(({ low, high }) => low !== high)) {
    layers.push({
      data: { values },
      mark: { type: 'rule', stroke: '#000', strokeWidth: 1 },
      encoding: { x: horizontal('x'), y: vertical('low'), y2: { field: 'high' } },
    });
  }
  if (reference !== undefined) {
    layers.push({
      data: { values: [{ level: reference }] },
      mark: { type: 'rule', stroke: '#000', strokeWidth: 0.9, strokeDash: [4, 3] },
      encoding: { y: vertical('level') },
    });
  }
  return { ...words, spec: frame({ width: columnWidth, plotHeight, space, layers }) };
}
