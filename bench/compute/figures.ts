/** The figures that the project wants to reach, measured, with the target beside them. */
import type { Time } from './times.js';

export interface Figure {
  readonly name: string;
  /** At least, or at most, so much. */
  readonly least?: number;
  readonly most?: number;
  /** Default: none. */
  readonly unit?: string;
  readonly digits?: number;
  /** One per column of the table; by the clock and, where it says something, by processor time. */
  readonly values: readonly (Pick<Time, 'wall'> & Partial<Time>)[];
}

const widths = { name: 48, target: 10, value: 28 };

/** @param columns heads of the columns of values */
export function printFigures(figures: readonly Figure[], columns: readonly string[]): void {
  const heads = columns.map((column) => column.padStart(widths.value)).join('');
  console.log(`\n${'figure'.padEnd(widths.name)}${'target'.padStart(widths.target)}${heads}`);
  for (const figure of figures) {
    const values = figure.values.map((value) => shown(figure, value).padStart(widths.value)).join('');
    console.log(`${figure.name.padEnd(widths.name)}${target(figure).padStart(widths.target)}${values}`);
  }
  console.log('\nby the clock; (in brackets: by processor time); ✔ reached by the clock, ✘ not');
}

function target({ least, most, unit = '' }: Figure): string {
  if (least !== undefined) return `≥ ${least}${unit}`;
  return most === undefined ? '' : `≤ ${most}${unit}`;
}

function shown(
  { least, most, unit = '', digits = 2 }: Figure,
  { wall, cpu }: Figure['values'][number],
): string {
  if (Number.isNaN(wall)) return 'not measured  ';
  const other = cpu === undefined ? '' : ` (${cpu.toFixed(digits)})`;
  const reached = wall >= (least ?? -Infinity) && wall <= (most ?? Infinity);
  const mark = least === undefined && most === undefined ? ' ' : reached ? '✔' : '✘';
  return `${wall.toFixed(digits)}${unit}${other} ${mark}`;
}
