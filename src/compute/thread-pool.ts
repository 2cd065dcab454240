/**
 * A fixed number of compute threads behind one queue: first come, first served. A thread that dies, or whose job threw,
 * is replaced; its job is rejected, and the queue goes on. A replacement that cannot start is not tried again, and when
 * no thread is left, everything is refused with the reason.
 */
import { StalewartError } from '../errors.js';
import type { ModelInfo } from './compute.js';
import { type Answer, type ComputeThread, type StartFailure, startComputeThread } from './compute-thread.js';
import { firstLine } from './first-line.js';
import { type Job, reviveError, type ThreadData } from './thread-messages.js';

/** Answer to a job that was done. */
export type JobAnswer = Extract<Answer, { type: 'trained' | 'evaluated' }>;

interface PendingJob {
  readonly job: Job;
  readonly cancel: Int32Array;
  readonly signal: AbortSignal | null;
  resolve(answer: JobAnswer): void;
  reject(reason: unknown): void;
}

interface Slot {
  readonly thread: ComputeThread;
  ready: boolean;
  pending: PendingJob | null;
}

/** Thrown by `ThreadPool.start`: at what point a thread gave up, and with what error. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly phase: StartFailure['phase'];
  override readonly cause: Error;

  constructor({ phase, error }: StartFailure) {
    super(error.message);
    this.phase = phase;
    this.cause = error;
  }
}

export class ThreadPool {
  readonly #data: ThreadData;
  readonly #warn: (message: string) => void;
  readonly #slots = new Set<Slot>();
  readonly #queue: PendingJob[] = [];
  /** Why no job is taken any more. */
  #refusal: StalewartError | null = null;

  private constructor(data: ThreadData, warn: (message: string) => void) {
    this.#data = data;
    this.#warn = warn;
  }

  /**
   * Starts all threads at once.
   * @param warn is told when a thread had to be replaced, and when it could not be
   * @returns the pool, and the model as its first thread made it
   * @throws StartError if a thread cannot start; none is left running then
   */
  static async start(
    data: ThreadData,
    threads: number,
    warn: (message: string) => void,
  ): Promise<{ pool: ThreadPool; model: ModelInfo }> {
    const pool = new ThreadPool(data, warn);
    try {
      const [model] = await Promise.all(Array.from({ length: threads }, () => pool.#spawn()));
      if (model === undefined) throw new RangeError('a pool has at least one thread');
      return { pool, model };
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /**
   * Queues the job.
   * @returns its answer; rejects with the signal's reason once the job has stopped, or StalewartError COMPUTE
   */
  async submit(job: Job, signal: AbortSignal | null): Promise<JobAnswer> {
    signal?.throwIfAborted();
    if (this.#refusal !== null) throw this.#refusal;
    const cancel = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    let stopListening = () => {};
    try {
      return await new Promise<JobAnswer>((resolve, reject) => {
        const pending: PendingJob = { job, cancel, signal, resolve, reject };
        const onAbort = () => this.#abort(pending);
        signal?.addEventListener('abort', onAbort);
        stopListening = () => signal?.removeEventListener('abort', onAbort);
        this.#queue.push(pending);
        this.#dispatch();
      });
    } finally {
      stopListening();
    }
  }

  /** Ends all threads and rejects what is pending. Calling it again does nothing. */
  async close(): Promise<void> {
    const slots = [...this.#slots];
    this.#slots.clear();
    const refusal = new StalewartError('COMPUTE', 'the compute pool was closed');
    for (const { pending } of slots) pending?.reject(refusal);
    this.#refuse(refusal);
    await Promise.all(slots.map(({ thread }) => thread.end()));
  }

  #spawn(): Promise<ModelInfo> {
    return new Promise((resolve, reject) => {
      const thread = startComputeThread(this.#data, {
        ready: (model) => {
          slot.ready = true;
          resolve(model);
          this.#dispatch();
        },
        cannotStart: (failure) => {
          this.#remove(slot);
          reject(new StartError(failure));
        },
        answered: (answer) => this.#answered(slot, answer),
        died: (error) => {
          const { pending } = slot;
          this.#replace(slot, error);
          pending?.reject(error);
        },
      });
      const slot: Slot = { thread, ready: false, pending: null };
      this.#slots.add(slot);
    });
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.pending !== null) continue;
      const pending = this.#queue.shift();
      if (pending === undefined) return;
      slot.pending = pending;
      slot.thread.give({ job: pending.job, cancel: pending.cancel });
    }
  }

  #abort(pending: PendingJob): void {
    const place = this.#queue.indexOf(pending);
    if (place < 0) {
      Atomics.store(pending.cancel, 0, 1); // its thread sees it before the next step
    } else {
      this.#queue.splice(place, 1);
      pending.reject(pending.signal?.reason);
    }
  }

  #answered(slot: Slot, answer: Answer): void {
    const { pending } = slot;
    slot.pending = null;
    if (pending === null) return;
    if (answer.type === 'failed') {
      const failure = failureOf(pending.job, reviveError(answer.error));
      this.#replace(slot, failure);
      pending.reject(failure);
      return;
    }
    this.#dispatch();
    if (pending.signal?.aborted || answer.type === 'cancelled') pending.reject(pending.signal?.reason);
    else pending.resolve(answer);
  }

  /** Ends the slot's thread and starts another in its place. */
  #replace(slot: Slot, reason: StalewartError): void {
    this.#warn(`a compute thread is replaced: ${reason.message}`);
    this.#remove(slot);
    this.#spawn().catch((error: unknown) => {
      const left = this.#slots.size;
      this.#warn(`a compute thread could not be replaced, ${left} are left: ${firstLine(error)}`);
      if (left > 0) return;
      const message = `no compute thread is left: the last could not be replaced (${firstLine(error)})`;
      this.#refuse(new StalewartError('COMPUTE', message, { cause: error }));
    });
  }

  #remove(slot: Slot): void {
    this.#slots.delete(slot);
    void slot.thread.end();
  }

  #refuse(refusal: StalewartError): void {
    this.#refusal ??= refusal;
    for (const pending of this.#queue.splice(0)) pending.reject(this.#refusal);
  }
}

function failureOf(job: Job, cause: Error): StalewartError {
  if (cause instanceof StalewartError) return cause;
  const what =
    job.type === 'train'
      ? `attempt ${job.task.attempt} of worker ${job.task.worker}`
      : `evaluating test examples ${job.from} to ${job.to - 1}`;
  return new StalewartError('COMPUTE', `${what} failed: ${cause.message}`, { cause });
}
