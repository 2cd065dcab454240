/**
 * Bytes of any length in a JetStream stream, as messages `<stream>.<id>.<index>` of one chunk each. Invariant: of bytes being
 * written or read, at most `window` chunks are on their way, so that beside them memory holds two megabytes.
 */
import { DiscardPolicy } from 'nats';
import type { Clock } from '../../clock/clock.js';
import { jetStreamErrorCode, jetStreamErrors } from './jetstream-errors.js';
import type { JetStreamLink } from './jetstream-link.js';
import { untilPatienceEnds } from './until-patience-ends.js';

export interface ChunkStream {
  /**
   * Resolves once all of it has been taken by a majority.
   * @returns the length of a chunk; only the last is shorter
   * @throws Error when it is not; then some may be there
   */
  write(id: string, bytes: Uint8Array): Promise<number>;
  /** Fills `into`; returns false where a chunk is missing or of another length, and leaves zeros in its place. */
  read(id: string, chunkBytes: number, into: Uint8Array): Promise<boolean>;
  /** Ids of which chunks are there. */
  ids(): Promise<readonly string[]>;
  remove(id: string): Promise<void>;
}

const window = 8;
const longestChunk = 256 * 2 ** 10;
/** For the subject and the headers of a message, which count towards the longest that a server takes. */
const headRoom = 4 * 2 ** 10;

export interface ChunkStreamOptions {
  readonly link: JetStreamLink;
  readonly stream: string;
  readonly description: string;
  readonly clock: Clock;
  /** How long a request is made again while JetStream does not answer. */
  readonly patienceSeconds: number;
}

/** @throws StalewartError SERVICE as `JetStreamLink.ensureStream` */
export async function openChunkStream(options: ChunkStreamOptions): Promise<ChunkStream> {
  const { link, stream, description, clock, patienceSeconds } = options;
  await link.ensureStream({
    name: stream,
    description,
    subjects: [`${stream}.>`],
    // A chunk that is written again takes the place of itself.
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.New,
    allow_direct: true,
  });
  const patiently = <Value>(attempt: () => Promise<Value>): Promise<Value> =>
    untilPatienceEnds(clock, patienceSeconds, attempt);
  const subject = (id: string, index: number): string => `${stream}.${id}.${index}`;

  const chunkOf = async (id: string, index: number): Promise<Uint8Array | null> => {
    const { direct, manager } = await link.jetStream();
    const chunk = await direct(stream, subject(id, index));
    if (chunk !== null) return chunk;
    // The copy that was asked may lag behind the stream's leader.
    try {
      return (await manager.streams.getMessage(stream, { last_by_subj: subject(id, index) })).data;
    } catch (error) {
      if (jetStreamErrorCode(error) !== jetStreamErrors.messageNotFound) throw error;
      return null;
    }
  };

  return {
    async write(id, bytes) {
      const { maxPayload } = await patiently(() => link.jetStream());
      const chunkBytes = Math.max(1, Math.min(longestChunk, maxPayload - headRoom));
      await inParallel(Math.ceil(bytes.length / chunkBytes), async (index) => {
        const chunk = bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes);
        await patiently(async () => {
          const { client } = await link.jetStream();
          await client.publish(subject(id, index), chunk, { expect: { streamName: stream } });
        });
      });
      return chunkBytes;
    },

    async read(id, chunkBytes, into) {
      let isWhole = true;
      await inParallel(Math.ceil(into.length / chunkBytes), async (index) => {
        const place = into.subarray(index * chunkBytes, (index + 1) * chunkBytes);
        const chunk = await patiently(() => chunkOf(id, index));
        if (chunk?.length === place.length) place.set(chunk);
        else isWhole = false;
      });
      return isWhole;
    },

    async ids() {
      const { state } = await patiently(async () => {
        const { manager } = await link.jetStream();
        return manager.streams.info(stream, { subjects_filter: `${stream}.>` });
      });
      const tokens = Object.keys(state.subjects ?? {}).map((name) => name.split('.')[1] ?? '');
      return [...new Set(tokens)];
    },

    async remove(id) {
      const { manager } = await link.jetStream();
      await manager.streams.purge(stream, { filter: `${stream}.${id}.*` });
    },
  };
}

/** Carries out 0 … count − 1, a window of them at a time; after a failure begins no more. */
async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < count && !failed) {
      const index = next;
      next += 1;
      try {
        await work(index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(window, count) }, lane));
}
