/**
 * What stands in the lease's key of a run's bucket. The key's revision counts every write to it; the one by which a server
 * became the leader is the run's epoch from then on, and its renewals carry it along.
 */
import { z } from 'zod';

export const leaseRecordSchema = z.strictObject({
  format: z.literal(1),
  /** Who wrote it: names one server's one life, so that a server that is started again is another. */
  holder: z.string().min(1).max(256),
  /** 0 in the write by which the lease was acquired: then its own revision is the epoch. */
  epoch: z.int().nonnegative(),
  /** Counts the holder's writes: by it the holder knows one whose answer was lost. */
  write: z.int().positive(),
  /** `released`: whoever wants it may have it at once. `over`: the run has ended, and needs no leader any more. */
  status: z.enum(['held', 'released', 'over']),
  /** How the run ended. */
  outcome: z.string().max(1024).nullable(),
});

export type LeaseRecord = z.infer<typeof leaseRecordSchema>;

export interface LeaseEntry {
  /** Of the key's last write, whatever that was; 0: it was never written. */
  readonly revision: number;
  /** Null: never written, or deleted. */
  readonly record: LeaseRecord | null;
}

export function epochOf({ revision, record }: LeaseEntry): number {
  return record === null || record.epoch === 0 ? revision : record.epoch;
}
