/** Which names a policy may have, in words: those that there are, and what may stand before them. */
import type { PolicyDefinition } from '../../protocols/sync/policy.js';
import {
  findPolicy,
  misfitOf,
  modifiedNames,
  modifiers,
  policyNames,
} from '../../protocols/sync/registry.js';
import { didYouMean } from './did-you-mean.js';

/** As after `it must be`. */
export function allowedPolicies(names: readonly string[]): string {
  const prefixes = modifiers.map(({ prefix, title }) => `${prefix} (${title})`).join(' or ');
  return `one of ${names.join(', ')}, or one of them with ${prefixes} before it`;
}

/** What a policy must be, where there is none of this name. @param own beside the registered ones */
export function wantedPolicy(name: string, own: readonly PolicyDefinition[]): string {
  const modifier = modifiers.find(({ prefix }) => name.startsWith(prefix));
  const rest = name.slice(modifier?.prefix.length);
  const base = modifier === undefined ? undefined : findPolicy(rest, own);
  if (modifier !== undefined && base !== undefined) {
    const why = misfitOf(base, modifier);
    return `one that ${modifier.prefix} (${modifier.title}) fits, which ${rest} is not${why === null ? '' : `: it ${why}`}`;
  }
  const names = [...policyNames, ...own.map((policy) => policy.name)];
  return `${allowedPolicies(names)}${didYouMean(name, [...names, ...modifiedNames])}`;
}
