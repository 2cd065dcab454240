/**
 * JSON that gives back exactly what went in, numbers that JSON lacks included: NaN, the infinities and −0 are texts that begin
 * with `#`, and a text that begins so by itself gets another one in front.
 */

const special = new Map<string, number>([
  ['#NaN', Number.NaN],
  ['#Infinity', Number.POSITIVE_INFINITY],
  ['#-Infinity', Number.NEGATIVE_INFINITY],
  ['#-0', -0],
]);

export function writeLossless(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'string') return item.startsWith('#') ? `#${item}` : item;
    if (typeof item !== 'number') return item;
    if (Object.is(item, -0)) return '#-0';
    return Number.isFinite(item) ? item : `#${item}`;
  });
}

/** @throws SyntaxError if the text is not JSON */
export function readLossless(text: string): unknown {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item !== 'string' || !item.startsWith('#')) return item;
    return special.get(item) ?? item.slice(1);
  });
}
