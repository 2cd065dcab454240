/**
 * The legend above a plot: for each series a piece of its line with its marker, and its label. It is made of marks at fixed
 * places, because Vega's own legends cannot show a line, its dashes and its marker in one.
 */
import { letterCount, shortened } from '../shortened.js';
import { columnWidth, type Layer, letterWidth, type Space, textSize } from './figure.js';
import type { Look } from './look.js';

export interface LegendEntry {
  readonly label: string;
  readonly look: Look;
}

export interface Legend {
  readonly layers: readonly Layer[];
  /** Height above the plot. */
  readonly height: number;
}

const rowHeight = 14;
const sampleWidth = 26;
const gap = 4;

/** Entries in as many columns as fit. @param space beside the plot, whose `top` is not looked at */
export function legendAbove(
  entries: readonly LegendEntry[],
  space: Omit<Space, 'top'>,
  width = columnWidth,
): Legend {
  const room = width - 12;
  const longest = Math.max(...entries.map(({ label }) => letterCount(label)));
  const columnSize = Math.min(room, sampleWidth + 2 * gap + longest * letterWidth);
  const columns = Math.max(1, Math.floor(room / columnSize));
  const rows = Math.ceil(entries.length / columns);
  const mostLetters = Math.floor((room - sampleWidth - 2 * gap) / letterWidth);
  const placed = entries.map(({ label, look }, index) => {
    const left = 6 - space.left + (index % columns) * columnSize;
    return {
      label: shortened(label, mostLetters),
      left,
      right: left + sampleWidth,
      middle: left + sampleWidth / 2,
      text: left + sampleWidth + gap,
      row: (Math.floor(index / columns) - rows) * rowHeight - gap,
      colour: look.colour,
      dash: look.dash,
      marker: look.marker,
    };
  });
  const data = { values: placed };
  const y = { field: 'row', type: 'quantitative', scale: null } as const;
  const at = (field: string) => ({ field, type: 'quantitative', scale: null }) as const;
  const colour = { field: 'colour', type: 'nominal', scale: null } as const;
  const layers: Layer[] = [
    {
      data,
      mark: { type: 'rule', strokeWidth: 1.5 },
      encoding: {
        x: at('left'),
        x2: { field: 'right' },
        y,
        stroke: colour,
        strokeDash: { field: 'dash', type: 'nominal', scale: null },
      },
    },
    {
      data,
      mark: { type: 'point', size: 26, filled: true, opacity: 1 },
      encoding: {
        x: at('middle'),
        y,
        fill: colour,
        shape: { field: 'marker', type: 'nominal', scale: null },
      },
    },
    {
      data,
      mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: textSize, fill: '#000' },
      encoding: { x: at('text'), y, text: { field: 'label', type: 'nominal' } },
    },
  ];
  return { layers, height: rows * rowHeight + gap };
}
