/**
 * What is to be compared, as written, as a list of entries: names from the command line (`abs,k-async`), and in a file or a
 * program also maps with settings of their own (`{ policy: abs, name: abs-8, a: 8 }`) and policies as values. What the
 * settings may be is not looked at here.
 */
import type { Policy, PolicyDefinition } from '../../protocols/sync/policy.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import type { Origin } from '../config/origin.js';
import { configError } from '../errors.js';
import type { TrainOptions } from './train-options.js';

/** Settings that entries of a comparison may have for themselves. All others hold for every run. */
export interface CompareEntry
  extends Partial<Omit<TrainOptions, 'policy' | 'seed' | 'out' | 'workers' | 'dataset' | 'model'>> {
  /** Default: the comparison's own `policy`. */
  readonly policy?: string | Policy | PolicyDefinition;
  /** What it is called in tables, files and folders; all names differ. Default: the name of its policy. */
  readonly name?: string;
}

/** A policy, or an entry with settings. */
export type CompareItem = string | Policy | PolicyDefinition | CompareEntry;

export interface ReadEntry {
  readonly policy: string | Policy | PolicyDefinition;
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** How errors name the entry: `compare[1]`. */
  readonly path: string;
  /** How errors name its policy: `compare[1]`, `compare[1].policy` or `policy`. */
  readonly policyPath: string;
}

const forms = 'the name of a policy, or a map such as { policy: abs, a: 8 }';

/** Letters and digits, since folders and runs are called by it. */
const namePattern = /^[A-Za-z0-9_-]{1,40}$/;

/**
 * @param policy of entries that name none
 * @throws StalewartError CONFIG
 */
export function readEntries(
  compare: unknown,
  policy: string | Policy | PolicyDefinition,
  origin: Origin,
): readonly ReadEntry[] {
  if (typeof policy !== 'string' && !isPolicy(policy)) {
    throw configError(origin.nameOf('policy'), policy, 'the name of a policy');
  }
  const items: unknown =
    typeof compare === 'string' ? compare.split(',').map((name) => name.trim()) : compare;
  const list = items === undefined || items === null ? [{}] : items;
  if (!Array.isArray(list) || list.length === 0 || list.includes('')) {
    throw configError(origin.nameOf('compare'), compare, `a list, each ${forms}`);
  }
  const entries = list.map((item: unknown, index) => readEntry(item, `compare[${index}]`, policy, origin));
  for (const [index, { name, path, policyPath }] of entries.entries()) {
    const first = entries.findIndex((other) => other.name.toLowerCase() === name.toLowerCase());
    if (first === index) continue;
    const field = origin.nameOf(policyPath === path ? path : `${path}.name`);
    const mend = 'leave one out, or in a file name one of them: { policy: …, name: … }';
    throw configError(field, name, `a name that no other entry has; ${mend}`);
  }
  return entries;
}

function readEntry(
  item: unknown,
  path: string,
  fallback: string | Policy | PolicyDefinition,
  origin: Origin,
): ReadEntry {
  const { policy = fallback, name, ...settings } = asMap(item, path, origin);
  if (typeof policy !== 'string' && !isPolicy(policy)) {
    throw configError(origin.nameOf(`${path}.policy`), policy, 'the name of a policy, or a policy');
  }
  const called = name ?? (typeof policy === 'string' ? policy : policy.name);
  // The name of a policy that does not exist is refused as such, with those that do.
  const isFit = typeof called === 'string' && (namePattern.test(called) || typeof item === 'string');
  if (!isFit) {
    throw configError(origin.nameOf(`${path}.name`), called, '1 to 40 letters, digits, - and _');
  }
  const isBare = typeof item === 'string' || isPolicy(item);
  const isNamed = !isBare && typeof item === 'object' && item !== null && 'policy' in item;
  const policyPath = isBare ? path : isNamed ? `${path}.policy` : 'policy';
  return { policy, name: called, settings, path, policyPath };
}

function asMap(item: unknown, path: string, origin: Origin): Readonly<Record<string, unknown>> {
  if (typeof item === 'string' || isPolicy(item)) return { policy: item };
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw configError(origin.nameOf(path), item, forms);
  }
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));
}

/** `waitCount` alone would not tell them apart: it is a setting, too. */
function isPolicy(item: unknown): item is Policy | PolicyDefinition {
  if (typeof item !== 'object' || item === null) return false;
  return (
    ('create' in item && typeof item.create === 'function') ||
    ('initial' in item && typeof item.initial === 'function')
  );
}

/** Undefined: there is none of this name, or the policy is given as it is. */
export function definitionOf({ policy }: ReadEntry): PolicyDefinition | undefined {
  if (typeof policy === 'string') return findPolicy(policy);
  return 'create' in policy ? policy : undefined;
}

/** What the entry says is named by its place in the list, all else as in a single run. */
export function entryOrigin({ settings, path, policyPath }: ReadEntry, origin: Origin): Origin {
  return {
    nameOf(setting) {
      if (setting === 'policy') return origin.nameOf(policyPath);
      return origin.nameOf(Object.hasOwn(settings, setting) ? `${path}.${setting}` : setting);
    },
  };
}
