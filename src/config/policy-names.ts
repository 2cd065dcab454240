/** Which names a policy may have, in words: those that there are, and what may stand before them. */
import { modifiers } from '../../protocols/sync/registry.js';

/** As after `it must be`. */
export function allowedPolicies(names: readonly string[]): string {
  const prefixes = modifiers.map(({ prefix, title }) => `${prefix} (${title})`).join(' or ');
  return `one of ${names.join(', ')}, or one of them with ${prefixes} before it`;
}
