/** The engine's record of one worker: how it begins, and when it counts as living. */
import type { Member } from './policy.js';

/** A worker that has not joined. */
export function absentMember(worker: number, status: 'expected' | 'gone'): Member {
  return {
    worker,
    status,
    incarnation: 0,
    attempt: 0,
    baseVersion: 0,
    staleness: 0,
    assignedAt: 0,
    uploadedAt: null,
  };
}

/** Has an assignment or waits for the next one. */
export function isLiving({ status }: Member): boolean {
  return status === 'computing' || status === 'idle';
}
