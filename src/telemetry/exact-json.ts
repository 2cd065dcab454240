/**
 * JSON that keeps every number: it has no NaN and no infinities, so those are written as the strings "NaN", "Infinity"
 * and "-Infinity", and -0 as "-0". `config.json` and `journal.jsonl` are written this way.
 */

const names = new Map<string, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

const nameOf = (value: number): string | undefined => {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? undefined : String(value);
};

/** Like `JSON.stringify`, with the numbers that JSON lacks as strings. */
export function stringifyExact(value: unknown, indent = 0): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'number' ? (nameOf(item) ?? item) : item),
    indent,
  );
}

/** Whether a text may hold one of the names as a value. To ask costs a twentieth of what parsing with a reviver does. */
const mayHoldName = /"(?:NaN|-?Infinity|-0)"/;

/**
 * Reads what `stringifyExact` wrote.
 * @param isNumeric says for which keys such a string stands for a number; default: all
 * @throws SyntaxError if the text is not JSON
 */
export function parseExact(text: string, isNumeric: (key: string) => boolean = () => true): unknown {
  if (!mayHoldName.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, item: unknown) =>
    typeof item === 'string' && isNumeric(key) ? (names.get(item) ?? item) : item,
  );
}
