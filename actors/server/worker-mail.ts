/**
 * What the server sends to its workers: assignments, acknowledgements, and the order to stop.
 *
 * Nothing is awaited: what is lost on the way is repeated, an acknowledgement when the upload is repeated, an assignment
 * when a heartbeat shows that it did not arrive. Invariant: of an assignment at most one copy waits to be sent, so that a
 * connection slower than the rounds is not buried under repetitions.
 */
import type { Assign } from '../../protocols/sync/events.js';
import { fitReason, type ToWorker } from '../../protocols/wire/messages.js';
import { workerSubject } from '../../protocols/wire/subjects.js';
import type { Transport } from '../../src/transport/transport.js';
import { isClosed } from '../is-closed.js';
import type { Owners } from './owners.js';

export interface WorkerMailOptions {
  readonly run: string;
  readonly epoch: number;
  readonly owners: Owners;
  readonly transport: Pick<Transport, 'send'>;
  /** An assignment that has not arrived this many seconds after it was sent is sent again. */
  readonly resendSeconds: number;
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

  constructor(options: WorkerMailOptions) {
    this.#options = options;
  }

  /** Keeps the assignment; it is sent by `deliver`. */
  assign(effect: Assign, weights: Float32Array): void {
    this.#assignments.set(effect.worker, { effect, weights, delivered: false, sentAt: null });
  }

  /** Sends the worker's last assignment. */
  deliver(worker: number): void {
    const assignment = this.#assignments.get(worker);
    if (assignment === undefined) return;
    const { epoch, now } = this.#options;
    const { incarnation, attempt, version: baseVersion, localSteps } = assignment.effect;
    assignment.delivered = true;
    assignment.sentAt = null;
    const header = {
      type: 'assign',
      epoch,
      worker,
      incarnation,
      attempt,
      baseVersion,
      localSteps,
    } as const;
    void this.#send(header, assignment.weights).then(() => {
      assignment.sentAt = now();
    });
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
