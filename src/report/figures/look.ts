/**
 * How series are told apart, with and without colours: each has a colour that colour-blind people can tell (Okabe and Ito's
 * palette without its yellow, which is too light for a line), a dash pattern and a marker. Within the first eight series each of
 * the three differs; beyond, no two series share all of them.
 */

/** A marker's name as Vega has it. */
export type Marker =
  | 'circle'
  | 'square'
  | 'triangle-up'
  | 'diamond'
  | 'cross'
  | 'triangle-down'
  | 'triangle-right'
  | 'triangle-left';

export interface Look {
  readonly colour: string;
  /** Lengths of dashes and gaps; empty: solid. */
  readonly dash: readonly number[];
  readonly marker: Marker;
}

const colours = ['#0072b2', '#d55e00', '#009e73', '#000000', '#cc79a7', '#56b4e9', '#e69f00', '#7f7f7f'];
const dashes: readonly (readonly number[])[] = [
  [],
  [6, 2.5],
  [1.5, 2],
  [7, 2, 1.5, 2],
  [3, 3],
  [10, 3],
  [7, 2, 1.5, 2, 1.5, 2],
  [2, 5],
];
const markers: readonly Marker[] = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
  'triangle-left',
];

/** @param index of the series, from 0 */
export function lookOf(index: number): Look {
  const turn = Math.floor(index / colours.length);
  return {
    colour: itemOf(colours, index),
    dash: itemOf(dashes, index + turn),
    marker: itemOf(markers, index + 2 * turn + Math.floor(turn / dashes.length)),
  };
}

function itemOf<Item>(items: readonly Item[], index: number): Item {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('an empty list has no item');
  return item;
}
