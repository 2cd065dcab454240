/**
 * The checkpoint to go on from: the newest that can be read. What cannot is passed over, and never silently: whoever goes on
 * from an older one must hear of it, and why.
 */
import type { Checkpoint } from './checkpoint.js';
import type { CheckpointStore, StoredCheckpoint } from './checkpoint-store.js';
import { decodeCheckpoint } from './encode.js';

/** A checkpoint that cannot be read. */
export interface PassedOver {
  readonly stored: StoredCheckpoint;
  readonly problem: string;
}

export interface NewestIntact {
  /** Null: there is none. */
  readonly found: { readonly stored: StoredCheckpoint; readonly checkpoint: Checkpoint } | null;
  /** Newer ones, the newest first. */
  readonly passedOver: readonly PassedOver[];
}

/** Changes nothing. @throws StalewartError OUTPUT if the store cannot be read at all */
export async function newestIntact(store: Pick<CheckpointStore, 'list' | 'read'>): Promise<NewestIntact> {
  const passedOver: PassedOver[] = [];
  for (const stored of await store.list()) {
    const bytes = await store.read(stored.name);
    if (bytes === null) continue; // a newer one has taken its place meanwhile
    const { checkpoint, problem } = decodeCheckpoint(bytes);
    if (checkpoint !== null && isWhatItIsCalled(checkpoint, stored)) {
      return { found: { stored, checkpoint }, passedOver };
    }
    passedOver.push({ stored, problem: problem ?? 'it is of another version than its name says' });
  }
  return { found: null, passedOver };
}

function isWhatItIsCalled({ state }: Checkpoint, { version, epoch }: StoredCheckpoint): boolean {
  return state.version === version && state.epoch === epoch;
}
