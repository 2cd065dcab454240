/**
 * When a policy lets nothing count: it refuses every update, or its time limit is shorter than any task takes. Workers would
 * compute for ever and no version would be made, so the run ends with a word on the policy. A refused update or an overrun is
 * nothing unusual by itself, nor is a row of them, until it is very long.
 */
import { PolicyError } from './checked-policy.js';

/**
 * @param inRow tasks that were refused or cut off since the last update that counted
 * @param available N: workers that are not gone for good
 */
export function isHopeless(inRow: number, available: number): boolean {
  return inRow >= Math.max(10_000, 100 * available);
}

/** @param what it did to the last of so many in a row */
export function hopelessPolicy(name: string, hook: 'admit' | 'timeLimit', inRow: number): PolicyError {
  const what = hook === 'admit' ? 'refused the update' : 'cut the task off';
  return new PolicyError(name, hook, `${what}, as nothing has counted for ${inRow} tasks in a row`);
}
