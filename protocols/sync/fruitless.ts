/**
 * When a policy lets nothing count: it refuses every update, or its time limit is shorter than any task takes. Workers would
 * compute for ever and no version would be made, so the run ends with a word on the policy. A refused update or an overrun is
 * nothing unusual by itself, nor is a row of them, until it is very long: where one task in ten thousand succeeds, the chance
 * that a hundred thousand fail in a row is e^−10.
 */
import { PolicyError } from './checked-policy.js';

/**
 * @param inRow tasks that were refused or cut off since the last update that counted
 * @param available N: workers that are not gone for good
 */
export function isHopeless(inRow: number, available: number): boolean {
  return inRow >= Math.max(100_000, 100 * available);
}

/** @param hook that made the last of them come to nothing */
export function hopelessPolicy(name: string, hook: 'admit' | 'timeLimit', inRow: number): PolicyError {
  const tasks = `of the last ${inRow} tasks none gave an update that counts`;
  const what = hook === 'admit' ? `refuses every update: ${tasks}` : `is too short: ${tasks}`;
  return new PolicyError(name, hook, what);
}
