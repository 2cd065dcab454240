/**
 * Which joins and losses mean something: those of the newest incarnation, once. Others arrive late, twice or from nobody, and
 * change nothing.
 */
import type { WorkerJoined, WorkerLost } from './events.js';
import { isLiving } from './member.js';
import type { Member } from './policy.js';

/** Why the join changes nothing; null if it counts. */
export function whyJoinIsVoid(
  { worker, incarnation }: WorkerJoined,
  member: Member | undefined,
  maxWorkers: number,
): string | null {
  if (!Number.isInteger(worker) || worker < 0 || worker >= maxWorkers) {
    return `worker ${worker} is none of 0 to ${maxWorkers - 1}`;
  }
  const newest = member?.incarnation ?? 0;
  if (incarnation > newest) return null;
  const joined = member !== undefined && incarnation === newest && isLiving(member);
  const why = joined ? 'has joined already' : 'is dead';
  return `worker ${worker}: incarnation ${incarnation} ${why}`;
}

/** Why the loss changes nothing; null if it counts. */
export function whyLossIsVoid(
  { worker, incarnation, returns }: WorkerLost,
  member: Member | undefined,
): string | null {
  if (member === undefined || member.status === 'gone' || incarnation < member.incarnation) {
    return `worker ${worker}: incarnation ${incarnation} was not living`;
  }
  if (member.status === 'lost' && returns && incarnation === member.incarnation) {
    return `worker ${worker}: incarnation ${incarnation} is lost already`;
  }
  return null;
}
