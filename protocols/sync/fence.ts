/**
 * The fence: which updates come from the living. Of each worker only the last assignment of the last incarnation may be
 * answered, once, from the version that it was given. This is what makes "at most once" hold under any repetition,
 * reordering or resurrection, with no memory of past update ids.
 */
import type { DiscardReason, UpdateArrived } from './events.js';
import type { Member } from './policy.js';
import { updateIdOf } from './update-id.js';

/** What of an update tells which assignment it answers. */
export type Answer = Pick<UpdateArrived, 'updateId' | 'worker' | 'incarnation' | 'attempt' | 'baseVersion'>;

/** Why the update must not be applied; null if it may. */
export function fence(
  update: Answer,
  member: Member | undefined,
): { readonly reason: DiscardReason; readonly detail: string } | null {
  if (member === undefined || member.incarnation === 0) {
    return { reason: 'unknown-worker', detail: `worker ${update.worker} never joined` };
  }
  const { incarnation, attempt, baseVersion } = update;
  if (incarnation !== member.incarnation) {
    const detail = `incarnation ${incarnation}, living is ${member.incarnation}`;
    return { reason: 'dead-incarnation', detail };
  }
  if (member.status === 'lost' || member.status === 'gone') {
    return { reason: 'dead-incarnation', detail: `incarnation ${incarnation} was declared lost` };
  }
  if (attempt !== member.attempt) {
    return { reason: 'dead-attempt', detail: `attempt ${attempt}, expected ${member.attempt}` };
  }
  if (update.updateId !== updateIdOf(update.worker, incarnation, attempt)) {
    return { reason: 'wrong-id', detail: `${update.updateId} is not the id of this assignment's update` };
  }
  if (member.status === 'paused' && member.uploadedAt === null) {
    return { reason: 'dead-attempt', detail: `attempt ${attempt} was cancelled` };
  }
  if (member.uploadedAt !== null) {
    return { reason: 'duplicate', detail: `attempt ${attempt} was uploaded before` };
  }
  if (baseVersion !== member.baseVersion) {
    return { reason: 'wrong-base', detail: `from version ${baseVersion}, was given ${member.baseVersion}` };
  }
  return null;
}
