/**
 * A figure before it is drawn: a Vega-Lite specification with its data in it, and the words that go with it. Sizes are
 * hundredths of an inch on paper: the common width is a column of 3.3 inches, and no text is smaller than 7 points.
 */
import type { TopLevelSpec } from 'vega-lite';

/** What Vega-Lite layers are made of. */
export type Layer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

export interface Figure {
  /** The file's name without its ending. */
  readonly name: string;
  readonly title: string;
  /** What is plotted, of which runs and seeds. */
  readonly caption: string;
  readonly spec: TopLevelSpec;
}

export const columnWidth = 330;
export const pageWidth = 690;
export const textSize = 10;
/** Hundredths of an inch that a letter of this size takes on average in DejaVu Sans. */
export const letterWidth = 6;

export interface Space {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface FrameOptions {
  /** Of the whole figure. */
  readonly width: number;
  /** Of the plot alone. */
  readonly plotHeight: number;
  readonly space: Space;
  readonly layers: readonly Layer[];
}

/** Layers on one plot, in the common style. All sizes are fixed, so that nothing depends on how a machine measures text. */
export function frame({ width, plotHeight, space, layers }: FrameOptions): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: width - space.left - space.right,
    height: plotHeight,
    autosize: 'none',
    padding: { ...space },
    background: 'white',
    layer: [...layers],
    config: {
      aria: false,
      font: 'DejaVu Sans, Verdana, Geneva, sans-serif',
      view: { stroke: null },
      axis: {
        labelFontSize: textSize,
        titleFontSize: textSize,
        titleFontWeight: 'normal',
        labelColor: '#000',
        titleColor: '#000',
        domainColor: '#444',
        tickColor: '#444',
        tickSize: 4,
        gridColor: '#e4e4e4',
        gridWidth: 0.6,
        labelOverlap: false,
        labelFlush: false,
      },
      axisX: { grid: false, titlePadding: 5, minExtent: 16, maxExtent: 16 },
      axisY: { titlePadding: 4, minExtent: 32, maxExtent: 32 },
    },
  };
}
