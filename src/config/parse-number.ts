/** Numbers in text as people write them on a command line: decimal digits, a point, an exponent, or `Infinity`. */

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const infinite = /^\+?(infinity|inf|\.inf)$/i;

/** The number, or undefined if the text is none (also for an empty text, `0x10`, `NaN` and `12px`). */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (infinite.test(trimmed)) return Infinity;
  // + 0: the text -0 means 0.
  return decimal.test(trimmed) ? Number(trimmed) + 0 : undefined;
}
