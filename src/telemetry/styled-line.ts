/**
 * Lines of coloured text that fit a terminal. Text is measured and cut before it is coloured, and control characters
 * are taken out, so that a name from outside can neither wrap a line nor command the terminal.
 */
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';

export type Paint = 'plain' | 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

/** A stretch of text in one colour. */
export interface Span {
  readonly text: string;
  readonly paint: Paint;
}

export type Line = readonly Span[];

export function span(text: string, paint: Paint = 'plain'): Span {
  return { text, paint };
}

const painters = pc.createColors(true);

// Blocks that terminals draw two columns wide: Hangul, CJK, kana, full-width forms, emoji.
const wide =
  /[\u1100-\u115f\u231a\u231b\u23e9-\u23ec\u2614\u2615\u26a1\u2705\u274c\u2728\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const zeroWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;

const widthOf = (character: string): number => {
  if (zeroWidth.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
};

/** Columns that `text` takes on a terminal, colour codes not counted. */
export function visibleWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += widthOf(character);
  return width;
}

/** `text` on one line: every control character becomes a space. */
export function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}+/gu, ' ');
}

/** The longest beginning of `text` that takes at most `width` columns. */
function beginning(text: string, width: number): string {
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > width) break;
    kept += character;
  }
  return kept;
}

/** `text`, cut to `width` columns (1 or more); where something is cut off, `ellipsis` (one column) ends it. */
export function cut(text: string, width: number, ellipsis = '…'): string {
  return visibleWidth(text) <= width ? text : beginning(text, width - 1) + ellipsis;
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - visibleWidth(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visibleWidth(text)));
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + visibleWidth(text), 0);
}

export interface PaintOptions {
  /** Columns at most. */
  readonly width: number;
  readonly colour: boolean;
  readonly ellipsis?: string;
}

/** The line as the terminal gets it: at most `width` columns wide, without trailing blanks. */
export function paintLine(line: Line, { width, colour, ellipsis = '…' }: PaintOptions): string {
  const clean = line.map((item) => span(withoutControls(item.text), item.paint));
  const last = clean.findLastIndex((item) => item.text.trim() !== '');
  const shown = clean
    .slice(0, last + 1)
    .map((item, index) => (index === last ? span(item.text.trimEnd(), item.paint) : item));
  const paint = ({ text, paint: kind }: Span): string =>
    colour && kind !== 'plain' && text !== '' ? painters[kind](text) : text;
  if (lineWidth(shown) <= width) return shown.map(paint).join('');

  let room = width - 1;
  let painted = '';
  for (const item of shown) {
    const kept = beginning(item.text, room);
    if (kept !== item.text) return painted + paint(span(kept + ellipsis, item.paint));
    painted += paint(item);
    room -= visibleWidth(kept);
  }
  return painted;
}
