/**
 * When a run saves itself, and what becomes of it: a checkpoint counts once it is on the disk, with all that the record of the run
 * says up to it. One that cannot be written is told of, and the run goes on with the one before; the next is tried all the same.
 */
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { CheckpointStore } from '../checkpoint/checkpoint-store.js';
import { encodeCheckpoint } from '../checkpoint/encode.js';
import { oneLineOf } from '../errors.js';
import type { Notice } from './run.js';

export interface CheckpointerOptions {
  readonly store: Pick<CheckpointStore, 'save' | 'place'>;
  /** Rounds from one to the next. */
  readonly every: number;
  /** Version of the checkpoint that the run goes on from; null: it is a new run. */
  readonly savedVersion: number | null;
  /** Brings the run's files to the disk. */
  readonly syncRecord: () => Promise<void>;
  readonly notice: (level: Notice['level'], message: string) => void;
}

export class Checkpointer {
  readonly every: number;
  readonly #options: CheckpointerOptions;
  #savedVersion: number | null;
  #saving: Promise<boolean> | null = null;
  #failed = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.every = options.every;
    this.#savedVersion = options.savedVersion;
  }

  /** Of the newest checkpoint; null: there is none. */
  get savedVersion(): number | null {
    return this.#savedVersion;
  }

  isDue(version: number): boolean {
    return version > 0 && version % this.every === 0;
  }

  /** One is being written. */
  get isBusy(): boolean {
    return this.#saving !== null;
  }

  /** What it holds is taken before this returns. Resolves when it is on the disk (true), or cannot be; never rejects. */
  save(checkpoint: Checkpoint): Promise<boolean> {
    const before = this.#saving ?? Promise.resolve(true);
    const encoding = encodeCheckpoint(checkpoint);
    encoding.catch(() => undefined); // told of in its turn
    const saving = before.then(() => this.#write(checkpoint, encoding));
    this.#saving = saving;
    void saving.then(() => {
      if (this.#saving === saving) this.#saving = null;
    });
    return saving;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#saving;
  }

  async #write({ state }: Checkpoint, encoding: Promise<Uint8Array>): Promise<boolean> {
    const { store, syncRecord, notice } = this.#options;
    const { version, epoch } = state;
    try {
      // The record first: a checkpoint says where in it it belongs.
      const [bytes] = await Promise.all([encoding, syncRecord()]);
      await store.save(bytes, { version, epoch });
    } catch (error) {
      this.#failed = true;
      const saved = this.#savedVersion;
      const left = saved === null ? 'there is none yet' : `that of version ${saved} stays`;
      notice('error', `${oneLineOf(error)}: the run goes on, and ${left}; the next is tried when it is due`);
      return false;
    }
    this.#savedVersion = version;
    if (this.#failed) notice('info', `checkpoints are written again: version ${version} in ${store.place}`);
    this.#failed = false;
    notice('debug', `checkpoint of version ${version} in ${store.place}`);
    return true;
  }
}
