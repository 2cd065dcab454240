/**
 * What the server sends to its workers: assignments, acknowledgements, and the order to stop.
 *
 * Nothing is awaited: what is lost on the way is repeated, an acknowledgement when the upload is repeated, an assignment
 * when a heartbeat shows that it did not arrive. Invariant: of an assignment at most one copy waits to be sent, so that a
 * connection slower than the rounds is not buried under repetitions; and only so many bytes of models are handed to the
 * transport at a time, so that other messages do not wait behind all of them.
 */
import type { Assign } from '../../protocols/sync/events.js';
import { fitReason, type ToWorker } from '../../protocols/wire/messages.js';
import { workerSubject } from '../../protocols/wire/subjects.js';
import type { Transport } from '../../src/transport/transport.js';
import { isClosed } from '../is-closed.js';
import type { Owners } from './owners.js';

/** Bytes of models that are handed over at a time, or one model where that is more. */
const maxBytesLeaving = 16 * 2 ** 20;

export interface WorkerMailOptions {
  readonly run: string;
  readonly epoch: number;
  readonly owners: Owners;
  readonly transport: Pick<Transport, 'send'>;
  /** An assignment that has not arrived this many seconds after it was sent is sent again. */
  readonly resendSeconds: number;
  /** Bytes of a model. */
  readonly modelBytes: number;
  readonly now: () => number;
  /** Told of a message that cannot be sent at all (not of one that was lost). */
  readonly onError: (error: unknown) => void;
}

/** A worker in one of its lives. */
export interface Addressee {
  readonly worker: number;
  readonly incarnation: number;
}

interface Assignment {
  readonly effect: Assign;
  readonly weights: Float32Array;
  readonly uploadOnGrant: boolean;
  /** It has been sent, or waits for its turn. */
  delivered: boolean;
  /** Null while it waits to be sent. */
  sentAt: number | null;
}

type WithoutOwner<Header> = Header extends ToWorker ? Omit<Header, 'run' | 'process' | 'life'> : never;
/** What is told to a worker, wherever that lives. */
type Letter = WithoutOwner<ToWorker>;

export class WorkerMail {
  readonly #options: WorkerMailOptions;
  /** Last assignment of each worker, kept until the next one. */
  readonly #assignments = new Map<number, Assignment>();
  /** Workers whose assignment waits to be handed over, in the order of asking. */
  readonly #waiting = new Set<number>();
  readonly #mostLeaving: number;
  #leaving = 0;

  constructor(options: WorkerMailOptions) {
    this.#options = options;
    this.#mostLeaving = Math.max(1, Math.floor(maxBytesLeaving / Math.max(1, options.modelBytes)));
  }

  /** Keeps the assignment; it is sent by `deliver`. */
  assign(effect: Assign, weights: Float32Array, uploadOnGrant: boolean): void {
    this.#assignments.set(effect.worker, { effect, weights, uploadOnGrant, delivered: false, sentAt: null });
  }

  /** Sends the worker's last assignment. */
  deliver(worker: number): void {
    const assignment = this.#assignments.get(worker);
    if (assignment === undefined) return;
    assignment.delivered = true;
    assignment.sentAt = null;
    this.#waiting.add(worker);
    this.#next();
  }

  /** Hands over what waits, as far as there is room. */
  #next(): void {
    for (const worker of this.#waiting) {
      if (this.#leaving >= this.#mostLeaving) return;
      this.#waiting.delete(worker);
      const assignment = this.#assignments.get(worker);
      // Otherwise it was withdrawn, or has given way to one that is not to be sent yet.
      if (assignment?.delivered === true) void this.#handOver(worker, assignment);
    }
  }

  async #handOver(worker: number, assignment: Assignment): Promise<void> {
    const { epoch, now } = this.#options;
    const { incarnation, attempt, version: baseVersion, localSteps, gone } = assignment.effect;
    const header = {
      type: 'assign',
      epoch,
      worker,
      incarnation,
      attempt,
      baseVersion,
      localSteps,
      ...(gone !== undefined && { gone: [...gone] }),
      ...(assignment.uploadOnGrant ? { uploadOnGrant: true as const } : {}),
    } as const;
    this.#leaving += 1;
    await this.#send(header, assignment.weights);
    this.#leaving -= 1;
    assignment.sentAt = now();
    this.#next();
  }

  /** The same, unless it was done before. */
  deliverNew(worker: number): void {
    if (this.#assignments.get(worker)?.delivered === false) this.deliver(worker);
  }

  /** The worker's last assignment is not to be sent again. */
  withdraw(worker: number): void {
    this.#assignments.delete(worker);
  }

  /** The worker says which attempt it has: if ours is newer and was sent a while ago, it was lost. */
  deliverIfLost({ worker, incarnation }: Addressee, attempt: number): void {
    const assignment = this.#assignments.get(worker);
    if (assignment === undefined || assignment.sentAt === null) return;
    const { effect, sentAt } = assignment;
    if (effect.incarnation !== incarnation || effect.attempt <= attempt) return;
    if (this.#options.now() - sentAt >= this.#options.resendSeconds) this.deliver(worker);
  }

  /** The worker may send the update that it offered. */
  grant({ worker, incarnation, updateId }: Addressee & { readonly updateId: string }): void {
    const { epoch } = this.#options;
    void this.#send({ type: 'grant', epoch, worker, incarnation, updateId });
  }

  acknowledge(
    update: Addressee & { readonly updateId: string },
    outcome: 'accepted' | 'refused',
    reason: string,
  ): void {
    const { epoch } = this.#options;
    const { worker, incarnation, updateId } = update;
    void this.#send({
      type: 'ack',
      epoch,
      worker,
      incarnation,
      updateId,
      outcome,
      reason: fitReason(reason),
    });
  }

  /** The incarnation is dead, or has lost its thread: it is to come back as a new one. */
  tellToRejoin(addressee: Addressee, reason: string): void {
    this.#tellToStop(addressee, true, reason);
  }

  /** The run is over. */
  tellOver(addressee: Addressee, reason: string): void {
    this.#assignments.delete(addressee.worker);
    this.#tellToStop(addressee, false, reason);
  }

  #tellToStop({ worker, incarnation }: Addressee, rejoin: boolean, reason: string): void {
    const { epoch } = this.#options;
    void this.#send({ type: 'stop', epoch, worker, incarnation, rejoin, reason: fitReason(reason) });
  }

  /** To the worker's owner of this moment; a worker that is nobody's is told nothing. */
  async #send(letter: Letter, tensor: Float32Array | null = null): Promise<void> {
    const { run, owners, transport, onError } = this.#options;
    const owner = owners.of(letter.worker);
    if (owner === null) return;
    const header: ToWorker = { ...letter, run, process: owner.process, life: owner.life };
    try {
      await transport.send(workerSubject(run, owner.process, letter.worker), { header, tensor });
    } catch (error) {
      if (!isClosed(error)) onError(error);
    }
  }
}
