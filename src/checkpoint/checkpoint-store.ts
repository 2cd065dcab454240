/**
 * Where the checkpoints of one run lie: a folder, or JetStream. A store keeps bytes and knows nothing of what they mean;
 * `encode.ts` makes them, and `newest-intact.ts` finds out which of them can still be read.
 *
 * Invariant: a checkpoint is there whole or not at all, and once `save` has resolved it outlives a loss of power. The newest is that
 * of the highest epoch, and of that the highest version: what a deposed server saved late never hides its successor's.
 */

/** What a store knows of a checkpoint without reading it. */
export interface StoredCheckpoint {
  /** Names it within its store, and in messages to the user. */
  readonly name: string;
  /** Of the global model. */
  readonly version: number;
  /** Of the server that saved it; 1 where there is no lease. */
  readonly epoch: number;
}

export interface CheckpointStore {
  /** Where it is, for messages: a path, or the name of a bucket. */
  readonly place: string;
  /**
   * Keeps the bytes, and of what was there the newest ones only (three in all). Saves of one store follow one another. One of the same
   * version and epoch takes the place of that before.
   * @throws StalewartError WRITE if it cannot (disk full, a newer epoch has taken over); what was there before still is
   */
  save(bytes: Uint8Array, at: Omit<StoredCheckpoint, 'name'>): Promise<void>;
  /** All that are there, the newest first. @throws StalewartError OUTPUT if that cannot be told */
  list(): Promise<readonly StoredCheckpoint[]>;
  /** The bytes as they are, damaged or not; null: it is not there any more. @throws StalewartError OUTPUT if it cannot be read */
  read(name: string): Promise<Uint8Array | null>;
  /** It is damaged, or of a history that was given up: it is not listed any more. */
  setAside(name: string): Promise<void>;
  /** Ends what it has open. Calling it again does nothing more. */
  close(): Promise<void>;
}

/** How many checkpoints a store keeps. */
export const keptCheckpoints = 3;

/** The newest first. */
export function newestFirst(one: StoredCheckpoint, other: StoredCheckpoint): number {
  return other.epoch - one.epoch || other.version - one.version;
}
