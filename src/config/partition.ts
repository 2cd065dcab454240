/** How the training examples are shared out, as written: `iid`, `dirichlet:ALPHA` or `shards:C`. */
import { parseNumber } from './parse-number.js';

export const partitionForms =
  'iid, dirichlet:ALPHA with ALPHA above 0, or shards:C with C an integer of at least 1';

/** Whether the text is one of the forms. */
export function isPartition(text: string): boolean {
  if (text === 'iid') return true;
  const [kind, value, ...rest] = text.split(':');
  const number = parseNumber(value ?? '');
  if (number === undefined || rest.length > 0 || !Number.isFinite(number)) return false;
  return kind === 'dirichlet' ? number > 0 : kind === 'shards' && Number.isInteger(number) && number >= 1;
}
