/**
 * One quantity against another, a line per series: over several seeds the mean, in a band from the smallest to the largest.
 */
import { max, min } from 'simple-statistics';
import { type BandPoint, type Interpolation, valueAt } from '../curve.js';
import { columnWidth, type Figure, frame, type Layer } from './figure.js';
import { legendAbove } from './legend.js';
import { type Look, lookOf } from './look.js';

export interface Line {
  readonly label: string;
  /** x ascending. */
  readonly points: readonly BandPoint[];
}

export interface Axis {
  readonly title: string;
  /** d3-format of the labels; default: plain numbers, in groups of three. */
  readonly format?: string;
  /** Smallest distance between labels; default: any. */
  readonly minStep?: number;
  /** Whether the axis begins at 0; default: true. */
  readonly fromZero?: boolean;
  /** Logarithmic where all values are above 0 and the largest is so many times the smallest; default: never. */
  readonly logarithmicFrom?: number;
}

export interface LineFigure {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly interpolation: Interpolation;
  /** One per series of the report, in its order, so that a series looks the same in every figure; may be empty. */
  readonly lines: readonly Line[];
  /** A thin line at this y for comparison. */
  readonly reference?: number;
}

const space = { left: 50, right: 12, bottom: 38 };
const plotHeight = 165;
/** About how many markers a line has. */
const markersPerLine = 6;

/** Null if there is nothing to draw. */
export function lineFigure(options: LineFigure): Figure | null {
  const lines = options.lines
    .map((line, index) => ({ ...line, look: lookOf(index) }))
    .filter(({ points }) => points.length > 0);
  if (lines.length === 0) return null;
  const all = lines.flatMap(({ points }) => points);
  const place = placing(options, all);
  const legend = legendAbove(lines, space);
  const layers = [
    ...(options.reference === undefined ? [] : [reference(options.reference, place)]),
    ...lines
      .filter(({ points }) => points.some(({ low, high }) => low !== high))
      .map((line) => band(line, place)),
    ...lines.map((line) => course(line, place)),
    ...lines.map((line, index) => markers(line, index / lines.length, place)),
    ...legend.layers,
  ];
  const { name, title, caption } = options;
  const spec = frame({
    width: columnWidth,
    plotHeight,
    space: { ...space, top: legend.height + 10 },
    layers,
  });
  return { name, title, caption, spec };
}

type Place = ReturnType<typeof placing>;
type DrawnLine = Line & { readonly look: Look };

/** The axes; every layer is given the same ones, so that Vega-Lite has nothing to merge. */
function placing({ x, y, interpolation, reference: level }: LineFigure, points: readonly BandPoint[]) {
  const highs = [...points.map(({ high }) => high), ...(level === undefined ? [] : [level])];
  const lows = points.map(({ low }) => low);
  const top = max(highs);
  const bottom = min(lows);
  const isLog = bottom > 0 && top / bottom >= (y.logarithmicFrom ?? Infinity);
  const axisY = axisOf(isLog ? logarithmic(y, top) : y, 5, top, roomAtY);
  return {
    interpolate: interpolation === 'step' ? 'step-before' : 'linear',
    x: {
      field: 'x',
      type: 'quantitative',
      axis: axisOf(x, 5, max(points.map((point) => point.x)), roomAtX),
      scale: {
        domain: domain(x, min(points.map((point) => point.x)), max(points.map((point) => point.x))),
        nice: false,
      },
    },
    axisY,
    scaleY: isLog
      ? { type: 'log' as const, domain: [bottom, top], nice: false }
      : { domain: domain(y, bottom, top), nice: 5, zero: false },
  } as const;
}

/** Its labels lie far apart in size, so that none may be shortened to a unit of the largest. */
function logarithmic(axis: Axis, largest: number): Axis {
  return { ...axis, title: `${axis.title} (logarithmic)`, format: largest < 10 ** roomAtY ? '~g' : '~e' };
}

/** What Vega-Lite is told of an axis. @param largest value on it @param room for the letters of a label */
export function axisOf({ title, format, minStep }: Axis, tickCount: number, largest: number, room: number) {
  const plain = largest < 10 ** room && (largest === 0 || largest >= 0.01);
  const shown = format ?? (plain ? undefined : largest < 1 ? '~e' : '~s');
  return {
    title,
    tickCount,
    ...(shown === undefined ? {} : { format: shown }),
    ...(minStep === undefined ? {} : { tickMinStep: minStep }),
  };
}

/** Digits before the point that have room at each axis. */
export const roomAtX = 4;
export const roomAtY = 4;

/** From 0 if the axis says so; never of no length. */
function domain({ fromZero = true }: Axis, low: number, high: number): [number, number] {
  const from = fromZero ? Math.min(0, low) : low;
  return high > from ? [from, high] : [from, from + 1];
}

const vertical = (field: string, { axisY, scaleY }: Place) =>
  ({ field, type: 'quantitative', axis: axisY, scale: scaleY }) as const;

function band({ points, look }: DrawnLine, place: Place): Layer {
  return {
    data: { values: [...points] },
    mark: { type: 'area', interpolate: place.interpolate, opacity: 0.13, fill: look.colour },
    encoding: { x: place.x, y: vertical('low', place), y2: { field: 'high' } },
  };
}

function course({ points, look }: DrawnLine, place: Place): Layer {
  return {
    data: { values: [...points] },
    mark: {
      type: 'line',
      interpolate: place.interpolate,
      stroke: look.colour,
      strokeWidth: 1.4,
      strokeDash: [...look.dash],
    },
    encoding: { x: place.x, y: vertical('mean', place) },
  };
}

/** On the line, at about even distances. @param shift 0 … 1, so that the markers of several lines stand apart */
function markers({ points, look }: DrawnLine, shift: number, place: Place): Layer {
  const [from, to] = place.x.scale.domain;
  const wanted = Array.from(
    { length: markersPerLine },
    (_, index) => from + ((to - from) * (index + (shift + 0.5) / 1.5)) / markersPerLine,
  );
  return {
    data: { values: place.interpolate === 'linear' ? dataPoints(points, wanted) : onSteps(points, wanted) },
    mark: { type: 'point', shape: look.marker, size: 26, filled: true, opacity: 1, fill: look.colour },
    encoding: { x: place.x, y: vertical('mean', place) },
  };
}

type Marked = Pick<BandPoint, 'x' | 'mean'>;

/** The points next to those wanted; all, if there are few. */
function dataPoints(points: readonly BandPoint[], wanted: readonly number[]): Marked[] {
  if (points.length <= markersPerLine) return [...points];
  const chosen = new Set(wanted.map((position) => points.findIndex(({ x }) => x >= position)));
  return points.filter((_, index) => chosen.has(index)).map(({ x, mean }) => ({ x, mean }));
}

/** A step holds between its points, so a marker may stand anywhere on it. */
function onSteps(points: readonly BandPoint[], wanted: readonly number[]): Marked[] {
  const curve = { x: points.map(({ x }) => x), y: points.map(({ mean }) => mean) };
  const covered = wanted.filter((x) => x >= (curve.x[0] ?? 0) && x <= (curve.x.at(-1) ?? 0));
  return covered.map((x) => ({ x, mean: valueAt(curve, x, 'step') }));
}

function reference(level: number, place: Place): Layer {
  return {
    data: { values: [{ level }] },
    mark: { type: 'rule', stroke: '#888', strokeWidth: 0.8 },
    encoding: { y: vertical('level', place) },
  };
}
