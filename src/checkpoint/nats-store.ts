/**
 * Checkpoints in JetStream: chunks in the stream `stalewart_<run>_checkpoints`, and under the key `checkpoints` of the run's
 * bucket a list of those that are whole. A checkpoint is there once the list names it, and the list is written by
 * compare-and-set only.
 *
 * Invariant: the list carries the epoch of the leader that it belongs to. A new leader puts its own there (`fence`) *before* it looks
 * for the newest checkpoint. So what a deposed leader saves is in the list before that, and its successor goes on from it; or
 * its compare-and-set fails, and it has told nobody of the round: whatever the clocks say.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock/clock.js';
import { oneLineOf, StalewartError } from '../errors.js';
import {
  type CheckpointStore,
  keptCheckpoints,
  newestFirst,
  type StoredCheckpoint,
} from './checkpoint-store.js';
import { openChunkStream } from './jetstream/chunk-stream.js';
import { openJetStreamLink } from './jetstream/jetstream-link.js';
import { openRunBucket, unreadable } from './jetstream/run-bucket.js';
import { untilPatienceEnds } from './jetstream/until-patience-ends.js';

export interface NatsStoreOptions {
  /** As for the transport, see `NatsTransportOptions.url`. */
  readonly nats: string | readonly string[];
  readonly run: string;
  readonly clock: Clock;
  /** How long it tries while JetStream does not answer. Default 15: a stream whose leader was killed is away for 5 to 8. */
  readonly patienceSeconds?: number;
}

export interface NatsCheckpointStore extends CheckpointStore {
  /**
   * Makes the checkpoints those of this epoch: from now on nobody of an older one can save. To be called by a new leader before
   * it looks for the newest.
   * @throws StalewartError DEPOSED if they are a newer epoch's, OUTPUT if that cannot be told
   */
  fence(epoch: number): Promise<void>;
}

const maxBytes = 2 ** 31 - 1;
const listSchema = z.strictObject({
  format: z.literal(1),
  epoch: z.int().nonnegative(),
  checkpoints: z.array(
    z.strictObject({
      name: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
      version: z.int().nonnegative(),
      epoch: z.int().nonnegative(),
      bytes: z.int().nonnegative().max(maxBytes),
      chunkBytes: z.int().positive().max(maxBytes),
    }),
  ),
});
type List = z.infer<typeof listSchema>;
type Listed = List['checkpoints'][number];

const requestSeconds = 2;

/** @throws StalewartError CONFIG, SERVICE: no NATS, no JetStream, or an incomplete cluster */
export async function openNatsStore(options: NatsStoreOptions): Promise<NatsCheckpointStore> {
  const { nats, run, clock, patienceSeconds = 15 } = options;
  const link = await openJetStreamLink({ nats, name: `${run} checkpoints`, clock, requestSeconds });
  try {
    const bucket = await openRunBucket(link, run);
    const stream = `stalewart_${run}_checkpoints`;
    const chunks = await openChunkStream({
      link,
      stream,
      description: `Stalewart, run ${run}: checkpoints`,
      clock,
      patienceSeconds,
    });
    const place = `stream ${stream} of NATS at ${link.place}`;
    const key = bucket.key('checkpoints');
    const patiently = <Value>(attempt: () => Promise<Value>): Promise<Value> =>
      untilPatienceEnds(clock, patienceSeconds, attempt);

    const readList = async (): Promise<{ readonly list: List; readonly revision: number }> => {
      const { value, revision } = await key.read();
      if (value === null) return { list: { format: 1, epoch: 0, checkpoints: [] }, revision };
      const { data, error } = listSchema.safeParse(value);
      if (error !== undefined) throw unreadable(key.place, error.issues[0]?.message ?? 'it is no list');
      return { list: data, revision };
    };

    /**
     * Changes the list, whoever else does so at the same time: `change` is given what stands there, and asked again where that
     * was not the last any more. It sees a change of its own that was carried out though its answer was lost.
     */
    const update = (change: (list: List) => List): Promise<{ readonly before: List; readonly after: List }> =>
      patiently(async () => {
        for (;;) {
          const { list: before, revision } = await readList();
          const after = change(before);
          if (after === before || (await key.write(after, revision)) !== null) return { before, after };
        }
      });

    /** What is in nobody's way is not worth a failure: the next leader clears it away. */
    const removeQuietly = async (ids: readonly string[]): Promise<void> => {
      for (const id of ids) await chunks.remove(id).catch(() => undefined);
    };

    const save = async (bytes: Uint8Array, at: Omit<StoredCheckpoint, 'name'>): Promise<void> => {
      const { epoch, version } = at;
      refuseDeposed((await patiently(readList)).list, epoch);
      const name = `${epoch}-${version}-${randomBytes(4).toString('hex')}`;
      const chunkBytes = await chunks.write(name, bytes);
      const listed: Listed = { name, version, epoch, bytes: bytes.length, chunkBytes };
      const { before, after } = await update((list) => {
        refuseDeposed(list, epoch);
        if (list.checkpoints.some((other) => other.name === name)) return list;
        const others = list.checkpoints.filter((other) => other.epoch !== epoch || other.version !== version);
        const checkpoints = [listed, ...others].sort(newestFirst).slice(0, keptCheckpoints);
        return { format: 1, epoch, checkpoints };
      });
      await removeQuietly(namesOf(before).filter((other) => !namesOf(after).includes(other)));
    };

    let saving: Promise<unknown> = Promise.resolve();
    let closing: Promise<void> | null = null;

    return {
      place,

      save(bytes, at) {
        const done = saving
          .then(() => save(bytes, at))
          .catch((cause: unknown) => {
            if (cause instanceof StalewartError) throw cause;
            throw new StalewartError(
              'WRITE',
              `the checkpoint of version ${at.version} cannot be written to ${place} (${oneLineOf(cause)})`,
              { value: place, cause },
            );
          });
        saving = done.catch(() => undefined);
        return done;
      },

      async list() {
        const { list } = await patiently(readList).catch((cause: unknown) => cannotRead(place, cause));
        return list.checkpoints
          .map(({ name, version, epoch }) => ({ name, version, epoch }))
          .sort(newestFirst);
      },

      async read(name) {
        const find = async (): Promise<Listed | undefined> =>
          (await patiently(readList)).list.checkpoints.find((listed) => listed.name === name);
        try {
          const listed = await find();
          if (listed === undefined) return null;
          const bytes = new Uint8Array(listed.bytes);
          const isWhole = await chunks.read(name, listed.chunkBytes, bytes);
          // It may have been cleared away while it was being read.
          return isWhole || (await find()) !== undefined ? bytes : null;
        } catch (cause) {
          return cannotRead(place, cause);
        }
      },

      async setAside(name) {
        await update((list) => {
          const checkpoints = list.checkpoints.filter((listed) => listed.name !== name);
          return checkpoints.length === list.checkpoints.length ? list : { ...list, checkpoints };
        }).catch((cause: unknown) => cannotRead(place, cause));
      },

      async fence(epoch) {
        const { after } = await update((list) => {
          refuseDeposed(list, epoch);
          return list.epoch === epoch ? list : { ...list, epoch };
        }).catch((cause: unknown) => cannotRead(place, cause));
        // What an older leader left unfinished. Not a newer one's: this server may be deposed by now, and not know it.
        const left = await chunks.ids().catch(() => []);
        const kept = namesOf(after);
        await removeQuietly(left.filter((id) => !kept.includes(id) && Number(id.split('-')[0]) < epoch));
      },

      close() {
        closing ??= saving.then(() => link.close());
        return closing;
      },
    };
  } catch (error) {
    await link.close();
    throw error;
  }
}

const namesOf = ({ checkpoints }: List): string[] => checkpoints.map(({ name }) => name);

function refuseDeposed(list: List, epoch: number): void {
  if (list.epoch <= epoch) return;
  throw new StalewartError(
    'DEPOSED',
    `this server leads no more: the checkpoints are those of epoch ${list.epoch}, ours was ${epoch}; start it again with --standby`,
  );
}

function cannotRead(place: string, cause: unknown): never {
  if (cause instanceof StalewartError) throw cause;
  throw new StalewartError('OUTPUT', `${place} cannot be read (${oneLineOf(cause)})`, {
    value: place,
    cause,
  });
}
