/**
 * The id of an update: `<worker>.<incarnation>.<attempt>`. It follows from the assignment that the update answers, so two
 * updates have the same id only if they answer the same assignment.
 */
import type { WorkerId } from './events.js';

export function updateIdOf(worker: WorkerId, incarnation: number, attempt: number): string {
  return `${worker}.${incarnation}.${attempt}`;
}
