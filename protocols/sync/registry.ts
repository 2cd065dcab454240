/**
 * Every policy by its name. The command line, the documentation table, the simulator and the figures read this list;
 * adding a policy is one file, its test, and one line here. A modifier's prefix before a name makes another policy of it:
 * `sa-ada-sync`.
 */
import type { PolicyDefinition, PolicyModifier } from './policy.js';
import { resolvePolicySettings } from './settings.js';
import { gapAware } from './modifiers/gap-aware.js';
import { stalenessAware } from './modifiers/staleness-aware.js';
import { abs } from './policies/abs.js';
import { adaKSync, adaSync } from './policies/ada-sync.js';
import { kBatchAsync, kBatchSync, rennala } from './policies/batches.js';
import { dcAsgd } from './policies/dc-asgd.js';
import { fedAsync, fedBuff } from './policies/federated.js';
import { asgd, kAsync, kSync, localSgd, sync } from './policies/fixed-wait.js';
import { mindflayer } from './policies/mindflayer.js';
import { delayedNesterov, diloco } from './policies/outer-steps.js';
import { ringleader } from './policies/ringleader.js';
import { ringmaster, ringmasterStops } from './policies/ringmaster.js';
import { ssp } from './policies/ssp.js';

export const policies: readonly PolicyDefinition[] = [
  abs,
  adaSync,
  adaKSync,
  kAsync,
  kSync,
  kBatchSync,
  kBatchAsync,
  asgd,
  sync,
  localSgd,
  ssp,
  ringmaster,
  ringmasterStops,
  rennala,
  ringleader,
  mindflayer,
  dcAsgd,
  fedAsync,
  fedBuff,
  diloco,
  delayedNesterov,
];

export const modifiers: readonly PolicyModifier[] = [stalenessAware, gapAware];

/** Of the policies as they are: each may have prefixes of modifiers before it. */
export const policyNames: readonly string[] = policies.map(({ name }) => name);

/** Of the policies with one modifier. */
export const modifiedNames: readonly string[] = modifiers.flatMap(({ prefix }) =>
  policyNames.map((name) => `${prefix}${name}`).filter((name) => findPolicy(name) !== undefined),
);

/**
 * The policy of this name, modified as its prefixes say, each at most once.
 * @param own policies beyond the registered ones
 * @returns undefined if there is none, or a modifier does not fit it
 */
export function findPolicy(
  name: string,
  own: readonly PolicyDefinition[] = [],
): PolicyDefinition | undefined {
  const known = [...policies, ...own].find((policy) => policy.name === name);
  if (known !== undefined) return known;
  const modifier = modifiers.find(({ prefix }) => name.startsWith(prefix));
  if (modifier === undefined) return undefined;
  const rest = name.slice(modifier.prefix.length);
  const base = findPolicy(rest, own);
  return base === undefined ? undefined : modified(base, modifier);
}

/** Why the modifier does not fit this policy; null: it does. */
export function misfitOf(base: PolicyDefinition, modifier: PolicyModifier): string | null {
  if (modifiersOf(base.name).includes(modifier)) return `is ${modifier.title} already`;
  return modifier.misfit?.(base.create(resolvePolicySettings({}))) ?? null;
}

/** Those whose prefixes stand before the name. */
function modifiersOf(name: string): readonly PolicyModifier[] {
  const first = modifiers.find(({ prefix }) => name.startsWith(prefix));
  return first === undefined ? [] : [first, ...modifiersOf(name.slice(first.prefix.length))];
}

function modified(base: PolicyDefinition, modifier: PolicyModifier): PolicyDefinition | undefined {
  if (misfitOf(base, modifier) !== null) return undefined;
  const name = `${modifier.prefix}${base.name}`;
  return {
    ...base,
    name,
    title: `${base.title}, ${modifier.title}`,
    summary: `${base.summary}; ${modifier.summary}`,
    source: `${base.source}; ${modifier.source}`,
    create: (settings) => ({ ...modifier.modify(base.create(settings)), name }),
  };
}
