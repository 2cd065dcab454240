/**
 * One logical worker: it receives a model and an assignment, has the compute pool run U local steps, and uploads the
 * delta; as long as that is not acknowledged it asks whether to send it again. A restart command or a newer assignment stops unfinished work at its next step boundary.
 *
 * Invariant: it works on one attempt at a time, the newest it has heard of; whatever belongs to another one is dropped. If
 * its compute fails it crashes, and its supervisor brings it back as a new incarnation.
 */
import { updateIdOf } from '../protocols/sync/update-id.js';
import { toWorkerSchema } from '../protocols/wire/messages.js';
import type {
  AssignMessage,
  Fence,
  HeartbeatMessage,
  Message,
  ToServer,
  ToWorker,
  UpdateMessage,
} from '../protocols/wire/messages.js';
import { serverSubject, workerSubject } from '../protocols/wire/subjects.js';
import type { CancelTimer } from '../src/clock/clock.js';
import type { Compute, LocalUpdate } from '../src/compute/compute.js';
import type { Transport } from '../src/transport/transport.js';
import { isClosed } from './is-closed.js';
import type { StragglerInjectorMessage } from './straggler-injector.js';
import type { ActorContext, ActorRef, ActorSpec, Behaviour, RestartPolicy } from './supervision.js';

export interface WorkerActorOptions {
  readonly run: string;
  /** Where it lives, and which life of that process it is. */
  readonly process: string;
  readonly life: string;
  readonly worker: number;
  /** Its first incarnation here. Default: 1. */
  readonly firstIncarnation?: number;
  readonly compute: Pick<Compute, 'run' | 'backend'>;
  readonly transport: Pick<Transport, 'send' | 'subscribe'>;
  readonly injector: Pick<ActorRef<StragglerInjectorMessage>, 'ask'>;
  readonly heartbeatSeconds: number;
  /** A join that is not answered is repeated after this many seconds, an upload offered again. */
  readonly retrySeconds: number;
  readonly restart: RestartPolicy;
}

/** It answers at once; only a stopped system leaves it silent. */
const injectorPatienceSeconds = 60;

type State = HeartbeatMessage['state'];

export type WorkerMessage =
  | { readonly type: 'subscribed' }
  | { readonly type: 'wire'; readonly message: Message<ToWorker> }
  | {
      readonly type: 'computed';
      readonly task: Task;
      readonly update: LocalUpdate;
      readonly delay: number;
    }
  | { readonly type: 'task-failed'; readonly task: Task; readonly error: unknown }
  | { readonly type: 'upload'; readonly task: Task }
  | { readonly type: 'uploaded'; readonly task: Task }
  | { readonly type: 'offer'; readonly task: Task }
  | { readonly type: 'repeat-join' }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'heartbeat' };

/** The attempt in hand. */
interface Task {
  readonly assignment: AssignMessage;
  readonly weights: Float32Array;
  readonly startedAt: number;
  readonly abort: AbortController;
  update: LocalUpdate | null;
  /** Made at the first upload, so that every repetition is the same. */
  header: UpdateMessage | null;
  /** A copy of the update is being handed over. */
  sending: boolean;
  /** Of the next offer. */
  cancelOffer: CancelTimer;
}

const notSending = { sending: false, cancelOffer: () => undefined } as const;

/** What a worker crashes with when the server has declared its incarnation dead. */
export class DeclaredDead extends Error {
  override readonly name = 'DeclaredDead';
}

export function workerActor(options: WorkerActorOptions): ActorSpec<WorkerMessage> {
  return {
    name: `worker-${options.worker}`,
    restart: options.restart,
    ...(options.firstIncarnation === undefined ? {} : { firstIncarnation: options.firstIncarnation }),
    // The run goes on without it: `failures$` has told the server.
    onGivenUp: () => undefined,
    start: (context) => new WorkerActor(options, context),
  };
}

class WorkerActor implements Behaviour<WorkerMessage> {
  readonly #options: WorkerActorOptions;
  readonly #context: ActorContext<WorkerMessage>;
  #state: State = 'joining';
  /** Newest attempt heard of. */
  #attempt = 0;
  #task: Task | null = null;

  constructor(options: WorkerActorOptions, context: ActorContext<WorkerMessage>) {
    this.#options = options;
    this.#context = context;
    context.pipe(
      this.#subscribe(),
      (): WorkerMessage => ({ type: 'subscribed' }),
      (error): WorkerMessage => ({ type: 'failed', error }),
    );
    context.every(options.heartbeatSeconds, { type: 'heartbeat' });
  }

  readonly receive = (message: WorkerMessage): void => {
    switch (message.type) {
      case 'subscribed':
        this.#join();
        break;
      case 'repeat-join':
        if (this.#state === 'joining') this.#join();
        break;
      case 'wire':
        this.#hear(message.message);
        break;
      case 'computed':
        this.#computed(message.task, message.update, message.delay);
        break;
      case 'upload':
        this.#upload(message.task);
        break;
      case 'uploaded':
        message.task.sending = false;
        this.#offerLater(message.task);
        break;
      case 'offer':
        this.#offer(message.task);
        break;
      case 'task-failed':
        if (message.task === this.#task) throw message.error;
        break;
      case 'failed':
        throw message.error;
      case 'heartbeat':
        this.#heartbeat();
        break;
    }
  };

  readonly stopped = (): void => {
    this.#task?.abort.abort();
  };

  async #subscribe(): Promise<void> {
    const { transport, run, process, life, worker } = this.#options;
    const { self, signal } = this.#context;
    const messages$ = await transport.subscribe(workerSubject(run, process, worker));
    const subscription = messages$.subscribe(({ header, tensor }) => {
      const toWorker = toWorkerSchema.safeParse(header);
      // What is for an earlier or later life of the process is not for this worker.
      if (toWorker.success && toWorker.data.life === life)
        self.tell({ type: 'wire', message: { header: toWorker.data, tensor } });
    });
    if (signal.aborted) subscription.unsubscribe();
    signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
  }

  #join(): void {
    const { compute, retrySeconds } = this.#options;
    this.#sendUnawaited({ type: 'join', ...this.#fence(), backend: compute.backend });
    this.#context.after(retrySeconds, { type: 'repeat-join' });
  }

  #heartbeat(): void {
    if (this.#state === 'joining') return;
    this.#sendUnawaited({
      type: 'heartbeat',
      ...this.#fence(),
      attempt: this.#attempt,
      state: this.#state,
    });
  }

  #hear({ header, tensor }: Message<ToWorker>): void {
    if (header.incarnation !== this.#context.incarnation) return;
    switch (header.type) {
      case 'assign':
        if (header.attempt > this.#attempt && tensor !== null) this.#begin(header, tensor);
        break;
      case 'cancel':
        if (header.attempt === this.#task?.assignment.attempt) this.#drop('restarted');
        break;
      case 'grant':
        if (this.#task !== null && header.updateId === this.#updateId()) this.#sendUpdate(this.#task);
        break;
      case 'ack':
        if (header.updateId === this.#updateId()) this.#drop('acknowledged');
        break;
      case 'stop':
        if (header.rejoin) throw new DeclaredDead(header.reason);
        this.#drop(header.reason);
        this.#context.stop();
        break;
    }
  }

  #begin(assignment: AssignMessage, weights: Float32Array): void {
    this.#drop('superseded');
    const { attempt } = assignment;
    const abort = new AbortController();
    const startedAt = this.#context.now();
    const task: Task = { assignment, weights, startedAt, abort, update: null, header: null, ...notSending };
    this.#attempt = attempt;
    this.#task = task;
    this.#state = 'computing';
    this.#context.pipe(
      this.#compute(task),
      ({ update, delay }): WorkerMessage => ({ type: 'computed', task, update, delay }),
      (error): WorkerMessage => ({ type: 'task-failed', task, error }),
    );
  }

  async #compute({ assignment, weights, startedAt, abort }: Task) {
    const { worker, compute, injector } = this.#options;
    const { attempt, localSteps, gone } = assignment;
    const work = { worker, attempt, parameters: weights, localSteps };
    const update = await compute.run({ ...work, ...(gone !== undefined && { gone }) }, abort.signal);
    const computeTime = update.computeSeconds;
    const delay = await injector.ask<number>(
      (reply) => ({ type: 'delay', worker, attempt, computeTime, startedAt, reply }),
      injectorPatienceSeconds,
    );
    return { update, delay };
  }

  #computed(task: Task, update: LocalUpdate, delay: number): void {
    if (task !== this.#task) return;
    task.update = update;
    if (delay <= 0) return this.#upload(task);
    this.#state = 'waiting';
    this.#context.after(delay, { type: 'upload', task });
  }

  /** The task is done, and has taken as long as it was to take. */
  #upload(task: Task): void {
    if (task !== this.#task || task.update === null) return;
    this.#state = 'uploading';
    task.header ??= this.#updateHeader(task, task.update);
    if (task.assignment.uploadOnGrant === true) this.#offer(task);
    else this.#sendUpdate(task);
  }

  /** Asks whether to send the update, again and again until it is granted, acknowledged or superseded. */
  #offer(task: Task): void {
    if (task !== this.#task || task.header === null || task.sending) return;
    const { epoch, attempt, updateId, baseVersion } = task.header;
    this.#sendUnawaited({ type: 'offer', ...this.#fence(), epoch, attempt, updateId, baseVersion });
    this.#offerLater(task);
  }

  #offerLater(task: Task): void {
    task.cancelOffer();
    task.cancelOffer = this.#context.after(this.#options.retrySeconds, { type: 'offer', task });
  }

  /** One copy at a time. */
  #sendUpdate(task: Task): void {
    if (task.header === null || task.update === null || task.sending) return;
    task.sending = true;
    task.cancelOffer();
    this.#context.pipe(
      this.#send(task.header, task.update.delta),
      (): WorkerMessage => ({ type: 'uploaded', task }),
      (error): WorkerMessage => ({ type: 'failed', error }),
    );
  }

  #updateHeader({ assignment, startedAt }: Task, update: LocalUpdate): UpdateMessage {
    const fence = this.#fence();
    const { epoch, attempt, baseVersion } = assignment;
    const { steps, samples, loss, firstLoss, computeSeconds } = update;
    return {
      type: 'update',
      ...fence,
      epoch,
      attempt,
      updateId: updateIdOf(fence.worker, fence.incarnation, attempt),
      baseVersion,
      steps,
      samples,
      loss: Number.isFinite(loss) ? loss : null,
      firstLoss: Number.isFinite(firstLoss) ? firstLoss : null,
      computeSeconds,
      taskSeconds: this.#context.now() - startedAt,
    };
  }

  #fence(): Fence {
    const { run, process, life, worker } = this.#options;
    return { run, process, life, worker, incarnation: this.#context.incarnation };
  }

  #updateId(): string | null {
    return this.#task?.header?.updateId ?? null;
  }

  #drop(reason: string): void {
    this.#task?.abort.abort(reason);
    this.#task?.cancelOffer();
    this.#task = null;
    this.#state = 'idle';
  }

  /** Resolves when the message is handed over, or can no longer be because the run is over; it may be lost all the same. */
  async #send(header: ToServer, tensor: Float32Array | null = null): Promise<void> {
    const { transport, run, process, worker } = this.#options;
    try {
      await transport.send(serverSubject(run, process, worker), { header, tensor });
    } catch (error) {
      if (!isClosed(error)) throw error;
    }
  }

  /** For what is repeated on a clock of its own. */
  #sendUnawaited(header: ToServer): void {
    this.#send(header).catch((error: unknown) => this.#context.self.tell({ type: 'failed', error }));
  }
}
