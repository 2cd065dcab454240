/** The leader lease of a run in JetStream: the key `lease` of its bucket, over a connection of its own. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../../clock/clock.js';
import { openJetStreamLink } from '../jetstream/jetstream-link.js';
import { type BucketKey, openRunBucket, unreadable } from '../jetstream/run-bucket.js';
import { createLeaderLease, type LeaderLease, type LeaseKey } from './leader-lease.js';
import { leaseRecordSchema } from './lease-record.js';

export interface LeaseOptions {
  /** As for the transport, see `NatsTransportOptions.url`. */
  readonly nats: string | readonly string[];
  readonly run: string;
  /** What others call this server, before letters that no other life of it has. Default: the host's name. */
  readonly holder?: string;
  /** How long the lease holds after its last renewal. */
  readonly ttlSeconds: number;
  readonly clock: Clock;
}

export interface NatsLease extends Omit<LeaderLease, 'close'> {
  /** Whether the run's bucket was there before. */
  readonly isOldRun: boolean;
  /** Ends the renewals and the connection. */
  close(): Promise<void>;
}

/** Less would take a busy machine for one that does not answer. */
const leastRequestSeconds = 0.1;

/** @throws StalewartError CONFIG, SERVICE: no NATS, no JetStream, or an incomplete cluster */
export async function openLease(options: LeaseOptions): Promise<NatsLease> {
  const { nats, run, ttlSeconds, clock, holder = hostname() } = options;
  const link = await openJetStreamLink({
    nats,
    name: `${run} lease`,
    clock,
    requestSeconds: Math.max(leastRequestSeconds, ttlSeconds / 3),
  });
  try {
    const bucket = await openRunBucket(link, run);
    const lease = createLeaderLease({
      key: leaseKey(bucket.key('lease')),
      holder: `${holder}.${process.pid}.${randomBytes(3).toString('hex')}`,
      ttlSeconds,
      clock,
    });
    return {
      ...lease,
      isOldRun: bucket.isOld,
      async close() {
        lease.close();
        await link.close();
      },
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}

function leaseKey(key: BucketKey): LeaseKey {
  return {
    async read() {
      const { revision, value } = await key.read();
      if (value === null) return { revision, record: null };
      const { data, error } = leaseRecordSchema.safeParse(value);
      if (error !== undefined) throw unreadable(key.place, error.issues[0]?.message ?? 'it is no lease');
      return { revision, record: data };
    },
    write: (record, expected) => key.write(record, expected),
  };
}
