/**
 * Every policy by its name. The command line, the documentation table, the simulator and the figures read this list;
 * adding a policy is one file, its test, and one line here.
 */
import type { PolicyDefinition } from './policy.js';
import { abs } from './policies/abs.js';
import { adaSync } from './policies/ada-sync.js';
import { asgd, kAsync, kSync, localSgd, sync } from './policies/fixed-wait.js';

export const policies: readonly PolicyDefinition[] = [abs, adaSync, kAsync, kSync, asgd, sync, localSgd];

export const policyNames: readonly string[] = policies.map(({ name }) => name);

export function findPolicy(name: string): PolicyDefinition | undefined {
  return policies.find((policy) => policy.name === name);
}
