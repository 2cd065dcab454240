/**
 * A fixed number of compute threads behind one queue. While enough jobs wait, each thread is given its next one ahead of
 * time, so that none stands still between two. A thread that dies, or whose job threw, is replaced; its job is rejected, the
 * one that it had ahead waits again at its place, and the queue goes on. A thread that dies idle is replaced after a pause that doubles each time, and no more
 * once its place has lost too many in a row without a job done in between. A replacement that cannot start is not tried
 * again. When no thread is left, everything is refused with the reason; so it is once a job has shown that what the user
 * asked for cannot be done.
 */
import { type CancelTimer, type Clock, systemClock } from '../clock/clock.js';
import { StalewartError } from '../errors.js';
import { whenAborted } from '../when-aborted.js';
import type { ModelInfo } from './compute.js';
import { type Answer, type ComputeThread, type StartFailure, startComputeThread } from './compute-thread.js';
import { firstLine } from './first-line.js';
import { JobQueue, type Turn } from './job-queue.js';
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
  /** What its thread was given: the job that it does, and the one ahead. */
  given: readonly Turn<PendingJob>[];
  /** Ends the watch over a job that is to stop. */
  cancelWatch: CancelTimer;
  /** Threads of this place that died idle since one of them did a job. */
  idleDeaths: number;
}

/** Idle deaths in a row after which a place stays empty; the pauses before its replacements come to 3.1 s in all. */
const maxIdleDeaths = 5;
const firstPauseSeconds = 0.1;
/** How long the step of a job that is aborted may go on. */
const stopSeconds = 30;

export interface ThreadPoolOptions {
  /** Told, in one line, when a thread had to be replaced, and when it could not be. */
  readonly warn: (message: string) => void;
  /** Aborted before the pool has started, it ends the start. Default: none. */
  readonly signal?: AbortSignal | null;
  /** For the pauses before replacements. Default: the system's. */
  readonly clock?: Clock;
  /** Default: a worker thread. */
  readonly startThread?: typeof startComputeThread;
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
  readonly #clock: Clock;
  readonly #startThread: typeof startComputeThread;
  readonly #slots = new Set<Slot>();
  /** Replacements that wait for their pause to end. */
  readonly #pauses = new Set<CancelTimer>();
  readonly #queue = new JobQueue<PendingJob>();
  /** Why no job is taken any more. */
  #refusal: StalewartError | null = null;

  private constructor(data: ThreadData, options: ThreadPoolOptions) {
    this.#data = data;
    this.#warn = options.warn;
    this.#clock = options.clock ?? systemClock();
    this.#startThread = options.startThread ?? startComputeThread;
  }

  /**
   * Starts all threads at once.
   * @returns the pool, and the model as its first thread made it
   * @throws StartError if a thread cannot start, or the signal's reason; none is left running then
   */
  static async start(
    data: ThreadData,
    threads: number,
    options: ThreadPoolOptions,
  ): Promise<{ pool: ThreadPool; model: ModelInfo }> {
    const signal = options.signal ?? null;
    signal?.throwIfAborted();
    const pool = new ThreadPool(data, options);
    try {
      const started = Promise.all(Array.from({ length: threads }, () => pool.#spawn(0)));
      const [model] = await (signal === null ? started : Promise.race([started, whenAborted(signal)]));
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
        this.#queue.add(pending);
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
    for (const cancel of this.#pauses) cancel();
    this.#pauses.clear();
    const refusal = new StalewartError('COMPUTE', 'the compute pool was closed');
    for (const { cancelWatch } of slots) cancelWatch();
    for (const { item } of slots.flatMap(({ given }) => given)) item.reject(refusal);
    this.#refuse(refusal);
    await Promise.all(slots.map(({ thread }) => thread.end()));
  }

  #spawn(idleDeaths: number): Promise<ModelInfo> {
    return new Promise((resolve, reject) => {
      const thread = this.#startThread(this.#data, {
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
          const turn = takeFirst(slot);
          if (turn === undefined) return this.#diedIdle(slot, error);
          this.#replace(slot, error);
          turn.item.reject(error);
        },
      });
      const slot: Slot = { thread, ready: false, given: [], cancelWatch: () => undefined, idleDeaths };
      this.#slots.add(slot);
    });
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.ready && slot.given.length === 0) this.#give(slot);
    }
    for (const slot of this.#slots) {
      // Ahead only while there is one for every thread: whoever is done first must not find all given away.
      if (this.#queue.length < this.#slots.size) return;
      if (slot.ready && slot.given.length === 1) this.#give(slot);
    }
  }

  #give(slot: Slot): void {
    const turn = this.#queue.shift();
    if (turn === undefined) return;
    slot.given = [...slot.given, turn];
    slot.thread.give({ job: turn.item.job, cancel: turn.item.cancel });
  }

  #abort(pending: PendingJob): void {
    if (this.#queue.withdraw(pending)) return pending.reject(pending.signal?.reason);
    Atomics.store(pending.cancel, 0, 1); // its thread sees it before the next step
    for (const slot of this.#slots) {
      const { given } = slot;
      if (given[0]?.item === pending) this.#seeThatItStops(slot, pending);
      const ahead = given.slice(1).find(({ item }) => item === pending);
      if (ahead === undefined) continue;
      this.#queue.keepPlace(ahead);
      pending.reject(pending.signal?.reason);
    }
  }

  /** A step that never ends (a loop in a user's loss) must not hold its thread for ever. */
  #seeThatItStops(slot: Slot, pending: PendingJob): void {
    slot.cancelWatch = this.#clock.after(stopSeconds, () => {
      takeFirst(slot);
      this.#replace(slot, new StalewartError('COMPUTE', `a step did not end within ${stopSeconds} s`));
      pending.reject(pending.signal?.reason);
    });
  }

  #answered(slot: Slot, answer: Answer): void {
    const turn = takeFirst(slot);
    if (turn === undefined) return;
    const pending = turn.item;
    if (answer.type === 'failed') {
      const failure = failureOf(pending.job, reviveError(answer.error));
      if (failure.isPermanent) this.#giveUp(slot, failure);
      else this.#replace(slot, failure);
      pending.reject(failure);
      return;
    }
    slot.idleDeaths = 0;
    const next = slot.given[0]?.item;
    // It may have begun before it was aborted, unseen from here.
    if (next?.signal?.aborted === true) this.#seeThatItStops(slot, next);
    this.#dispatch();
    if (pending.signal?.aborted || answer.type === 'cancelled') pending.reject(pending.signal?.reason);
    else pending.resolve(answer);
  }

  /** What the user asked for cannot be done: no other thread would fare better. */
  #giveUp(slot: Slot, failure: StalewartError): void {
    this.#slots.delete(slot);
    void slot.thread.end();
    for (const { item } of slot.given) item.reject(failure);
    slot.given = [];
    this.#refuse(failure);
  }

  /** Ends the slot's thread and starts another in its place. */
  #replace(slot: Slot, reason: StalewartError): void {
    this.#warn(`a compute thread is replaced: ${reason.message}`);
    this.#remove(slot);
    this.#spawnInPlace(slot.idleDeaths);
  }

  /** A thread that dies with nothing to do may do so again and again: not at once, and not for ever. */
  #diedIdle(slot: Slot, error: StalewartError): void {
    this.#remove(slot);
    const idleDeaths = slot.idleDeaths + 1;
    if (idleDeaths > maxIdleDeaths) {
      this.#giveUpPlace(`${idleDeaths} in a row ended idle: ${error.message}`, error);
      return;
    }
    const seconds = firstPauseSeconds * 2 ** (idleDeaths - 1);
    this.#warn(`a compute thread ended idle, it is replaced in ${seconds} s: ${error.message}`);
    const cancel = this.#clock.after(seconds, () => {
      this.#pauses.delete(cancel);
      this.#spawnInPlace(idleDeaths);
    });
    this.#pauses.add(cancel);
  }

  #spawnInPlace(idleDeaths: number): void {
    this.#spawn(idleDeaths).catch((error: unknown) => this.#giveUpPlace(firstLine(error), error));
  }

  #giveUpPlace(why: string, cause: unknown): void {
    const left = this.#slots.size + this.#pauses.size;
    this.#warn(`a compute thread could not be replaced, ${left} are left: ${why}`);
    if (left > 0) return;
    const message = `no compute thread is left: the last could not be replaced (${why})`;
    const failure = cause instanceof StartError ? cause.cause : cause;
    const permanent = failure instanceof StalewartError && failure.isPermanent;
    this.#refuse(new StalewartError(permanent ? failure.code : 'COMPUTE', message, { cause }));
  }

  /** What the thread had ahead waits again, unless it was aborted. */
  #remove(slot: Slot): void {
    this.#slots.delete(slot);
    void slot.thread.end();
    for (const turn of slot.given) {
      if (turn.item.signal?.aborted !== true) this.#queue.putBack(turn);
    }
    slot.given = [];
    this.#dispatch();
  }

  #refuse(refusal: StalewartError): void {
    this.#refusal ??= refusal;
    for (const pending of this.#queue.clear()) pending.reject(this.#refusal);
  }
}

/** The job that the slot's thread does is done, or will not be. */
function takeFirst(slot: Slot): Turn<PendingJob> | undefined {
  const [first, ...ahead] = slot.given;
  slot.cancelWatch();
  slot.given = ahead;
  return first;
}

function failureOf(job: Job, cause: Error): StalewartError {
  if (cause instanceof StalewartError) return cause;
  const what =
    job.type === 'train'
      ? `attempt ${job.task.attempt} of worker ${job.task.worker}`
      : `evaluating test examples ${job.from} to ${job.to - 1}`;
  return new StalewartError('COMPUTE', `${what} failed: ${cause.message}`, { cause });
}
