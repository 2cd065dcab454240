/**
 * The key-value bucket of a run, `stalewart_<run>`: its lease, and what is known of its checkpoints. As NATS lays down for
 * buckets (its ADR-8): a stream `KV_<bucket>` of one message for each subject `$KV.<bucket>.<key>`; so `nats kv` shows it.
 * Invariants: every write is a compare-and-set; every read is answered by the stream's leader, not by a copy that lags.
 */
import { headers } from 'nats';
import { StalewartError } from '../../errors.js';
import { jetStreamErrorCode, jetStreamErrors, jetStreamReason } from './jetstream-errors.js';
import type { JetStreamLink } from './jetstream-link.js';

export interface BucketEntry {
  /** Of the key's last write; 0: it was never written. */
  readonly revision: number;
  /** Null: never written, or deleted. */
  readonly value: unknown;
}

export interface BucketKey {
  /** For messages to the user. */
  readonly place: string;
  /** @throws StalewartError SERVICE when what stands there is not JSON; Error when there is no answer */
  read(): Promise<BucketEntry>;
  /**
   * @returns the new revision; null: the key's revision is not `expected`, and nothing was written
   * @throws Error when there is no answer: it may have been written, or be written yet
   */
  write(value: unknown, expected: number): Promise<number | null>;
}

export interface RunBucket {
  readonly name: string;
  /** Whether it was there when it was opened. */
  readonly isOld: boolean;
  key(name: string): BucketKey;
}

/** Longest value, bytes. */
const maxValueBytes = 64 * 2 ** 10;

/** @throws StalewartError SERVICE as `JetStreamLink.ensureStream` */
export async function openRunBucket(link: JetStreamLink, run: string): Promise<RunBucket> {
  const name = `stalewart_${run}`;
  const stream = `KV_${name}`;
  const isOld = await link.ensureStream({
    name: stream,
    description: `Stalewart, run ${run}: leader lease and list of checkpoints`,
    subjects: [`$KV.${name}.>`],
    max_msgs_per_subject: 1,
    max_msg_size: maxValueBytes,
    allow_rollup_hdrs: true,
    deny_delete: true,
    // Copies may lag; none of the readers wants that.
    allow_direct: false,
  });

  const key = (keyName: string): BucketKey => {
    const subject = `$KV.${name}.${keyName}`;
    const place = `${keyName} in bucket ${name}`;
    return {
      place,
      async read() {
        const { manager } = await link.jetStream();
        try {
          const { seq, header, data } = await manager.streams.getMessage(stream, { last_by_subj: subject });
          return { revision: seq, value: header.has(operationHeader) ? null : parsed(data, place) };
        } catch (error) {
          if (error instanceof StalewartError) throw error;
          if (jetStreamErrorCode(error) !== jetStreamErrors.messageNotFound) throw failed(error);
          return { revision: 0, value: null };
        }
      },
      async write(value, expected) {
        const { client } = await link.jetStream();
        const options = { headers: headers(), expect: { lastSubjectSequence: expected } };
        try {
          const { seq } = await client.publish(
            subject,
            new TextEncoder().encode(JSON.stringify(value)),
            options,
          );
          return seq;
        } catch (error) {
          if (jetStreamErrorCode(error) === jetStreamErrors.wrongLastSequence) return null;
          throw failed(error);
        }
      },
    };
  };
  return { name, isOld, key };
}

const failed = (cause: unknown): Error => new Error(jetStreamReason(cause), { cause });

/** Set on what `nats kv del` leaves in place of a value. */
const operationHeader = 'KV-Operation';

function parsed(bytes: Uint8Array, place: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw unreadable(place, 'it is not JSON', cause);
  }
}

/** Somebody else's, or another version's. */
export function unreadable(place: string, reason: string, cause?: unknown): StalewartError {
  return new StalewartError(
    'SERVICE',
    `${place} cannot be read (${reason}): another version of Stalewart, or another program, wrote it; choose another --run, or remove it`,
    { field: 'run', cause },
  );
}
