/**
 * The parameter server: feeds every event to the round engine (through its RxJS operator) and carries out the effects, in
 * order: the parameter store does the arithmetic, workers get their assignments, the StalenessMonitor the restarts.
 *
 * Invariant: it decides nothing itself. Whether an update counts, a round closes or a worker restarts is the engine's
 * decision; what it refuses on its own (another epoch, a tensor of the wrong length) never reaches the engine.
 */
import { Subject } from 'rxjs';
import type {
  Assign,
  Cancel,
  Commit,
  Effect,
  EngineEvent,
  EngineStep,
  WorkerLost,
} from '../protocols/sync/events.js';
import { runRoundEngine } from '../protocols/sync/gather-rounds.js';
import type { EngineOptions, EngineState } from '../protocols/sync/round-engine.js';
import { fitReason, type Message, type ToServer, type ToWorker, type UpdateMessage } from '../protocols/wire/messages.js';
import { workerSubject } from '../protocols/wire/subjects.js';
import type { ParameterStore } from '../src/compute/parameter-store.js';
import type { Transport } from '../src/transport/transport.js';
import type { StalenessMonitorMessage } from './staleness-monitor.js';
import type { ActorContext, ActorSpec, Behaviour, Recipient } from './supervision.js';

export type ServerMessage =
  /** From a worker, over the transport. */
  | { readonly type: 'wire'; readonly message: Message<ToServer> }
  /** From the StalenessMonitor, or the run. */
  | { readonly type: 'event'; readonly event: EngineEvent }
  /** A deadline that the engine asked for. */
  | { readonly type: 'deadline'; readonly deadline: string };

/** How the run ended, as the engine saw it. */
export interface RunOutcome {
  readonly status: 'finished' | 'failed';
  readonly code: 'non-finite' | 'no-workers' | null;
  readonly reason: string;
}

/** What the run hears of its server, synchronously and in order. */
export interface ServerObserver {
  /** After the effects of the step were carried out. */
  readonly step: (step: EngineStep, state: EngineState) => void;
  /** Every message from a worker, before anything is done about it. */
  readonly heard: (header: ToServer) => void;
  /** The StalenessMonitor has given a worker up because it fell silent; the engine hears of it next. */
  readonly silent: (event: WorkerLost) => void;
  /** A message that was refused before it reached the engine. */
  readonly refused: (header: ToServer, reason: string) => void;
  readonly over: (outcome: RunOutcome) => void;
}

export interface ServerActorOptions {
  readonly run: string;
  /** Grows when another server takes over; messages of another epoch are refused. */
  readonly epoch: number;
  readonly engine: EngineOptions;
  readonly store: ParameterStore;
  /** Length of the weight vector, and so of every delta. */
  readonly parameterCount: number;
  readonly isFinite: (delta: Float32Array) => boolean;
  readonly transport: Pick<Transport, 'send'>;
  /** An assignment that a worker has not received after this many seconds is sent again. */
  readonly resendSeconds: number;
  readonly spawnMonitor: (
    context: ActorContext<ServerMessage>,
    server: Recipient<ServerMessage>,
  ) => Recipient<StalenessMonitorMessage>;
  readonly observer: ServerObserver;
}

/** Specification of the server's actor. It keeps the run's state in memory, so a crash of it ends the run. */
export function serverActor(options: ServerActorOptions): ActorSpec<ServerMessage> {
  return { name: 'server', start: (context) => new ServerActor(options, context) };
}

interface SentAssignment {
  readonly effect: Assign;
  readonly weights: Float32Array;
  readonly sentAt: number;
}

class ServerActor implements Behaviour<ServerMessage> {
  readonly #options: ServerActorOptions;
  readonly #context: ActorContext<ServerMessage>;
  readonly #monitor: Recipient<StalenessMonitorMessage>;
  readonly #events$ = new Subject<EngineEvent>();
  /** Last assignment of each worker, kept until the next one, to be sent again when it was lost. */
  readonly #assignments = new Map<number, SentAssignment>();
  #state: EngineState | null = null;
  /** Delta of the update that is being decided about. */
  #arrived: { readonly updateId: string; readonly delta: Float32Array } | null = null;
  #over = false;

  constructor(options: ServerActorOptions, context: ActorContext<ServerMessage>) {
    this.#options = options;
    this.#context = context;
    this.#monitor = options.spawnMonitor(context, context.self);
    const rounds$ = this.#events$.pipe(
      runRoundEngine(options.engine, undefined, (state) => {
        this.#state = state;
      }),
    );
    rounds$.subscribe((step) => this.#carryOut(step));
  }

  readonly receive = (message: ServerMessage): void => {
    switch (message.type) {
      case 'wire':
        this.#hear(message.message);
        break;
      case 'event':
        if (message.event.type === 'worker-lost') this.#options.observer.silent(message.event);
        this.#events$.next(message.event);
        break;
      case 'deadline':
        this.#events$.next({
          type: 'deadline-passed',
          time: this.#context.now(),
          deadline: message.deadline,
        });
        break;
    }
  };

  readonly stopped = (): void => {
    this.#events$.complete();
  };

  #hear({ header, tensor }: Message<ToServer>): void {
    const { worker, incarnation } = header;
    const time = this.#context.now();
    this.#options.observer.heard(header);
    if (this.#over) return this.#tellOver(header);
    if (header.type !== 'lost') this.#monitor.tell({ type: 'heard', worker, incarnation });
    switch (header.type) {
      case 'join':
        this.#events$.next({ type: 'worker-joined', time, worker, incarnation });
        this.#resendIfLost(worker, incarnation, 0);
        break;
      case 'heartbeat':
        if (this.#isDead(worker, incarnation)) return this.#tellToRejoin(header);
        this.#resendIfLost(worker, incarnation, header.attempt);
        break;
      case 'lost': {
        const { reason, returns } = header;
        this.#monitor.tell({ type: 'forget', worker, incarnation });
        this.#events$.next({ type: 'worker-lost', time, worker, incarnation, reason, returns });
        break;
      }
      case 'update':
        this.#hearUpdate(header, tensor);
        break;
    }
  }

  #hearUpdate(header: UpdateMessage, tensor: Float32Array | null): void {
    const { epoch, parameterCount } = this.#options;
    if (header.epoch !== epoch) {
      this.#options.observer.refused(header, `epoch ${header.epoch}, living is ${epoch}`);
      this.#acknowledge(header, 'refused', 'dead epoch');
      return;
    }
    if (tensor === null || tensor.length !== parameterCount) {
      const length = tensor?.length ?? 0;
      this.#options.observer.refused(header, `delta of ${length} elements, the model has ${parameterCount}`);
      this.#tellToRejoin(header);
      return;
    }
    const { worker, incarnation, attempt, updateId, baseVersion, steps, samples } = header;
    const loss = header.loss ?? NaN;
    const firstLoss = header.firstLoss ?? NaN;
    const finite = Number.isFinite(loss) && Number.isFinite(firstLoss) && this.#options.isFinite(tensor);
    this.#arrived = { updateId, delta: tensor };
    this.#events$.next({
      type: 'update-arrived',
      time: this.#context.now(),
      updateId,
      worker,
      incarnation,
      attempt,
      baseVersion,
      steps,
      samples,
      loss,
      firstLoss,
      finite,
    });
    this.#arrived = null;
  }

  #carryOut(step: EngineStep): void {
    for (const effect of step.effects) this.#carryOutOne(effect);
    const commit = step.effects.find((effect): effect is Commit => effect.type === 'commit') ?? null;
    const cancels = step.effects.filter((effect): effect is Cancel => effect.type === 'cancel');
    if (commit !== null || cancels.length > 0) this.#monitor.tell({ type: 'restart', commit, cancels });
    this.#acknowledgeUpdate(step);
    if (this.#state !== null) this.#options.observer.step(step, this.#state);
    for (const effect of step.effects) {
      if (effect.type === 'finish') {
        this.#end({
          status: 'finished',
          code: null,
          reason: effect.reason,
        });
      } else if (effect.type === 'fail') {
        this.#end({ status: 'failed', code: effect.code, reason: effect.reason });
      }
    }
  }

  #carryOutOne(effect: Effect): void {
    const { store } = this.#options;
    switch (effect.type) {
      case 'accumulate':
        if (this.#arrived !== null) store.hold(effect.updateId, this.#arrived.delta);
        break;
      case 'discard':
        // An update that is refused on arrival was never held; a repeated one has the id of one that is.
        if (effect.updateId !== this.#arrived?.updateId) store.drop(effect.updateId);
        break;
      case 'commit':
        store.commit(effect);
        break;
      case 'assign': {
        const assignment = { effect, weights: store.current(), sentAt: this.#context.now() };
        this.#assignments.set(effect.worker, assignment);
        this.#sendAssignment(assignment);
        break;
      }
      case 'schedule': {
        const { deadline, at } = effect;
        this.#context.after(at - this.#context.now(), { type: 'deadline', deadline });
        break;
      }
      case 'cancel': // the monitor's, with the commit
      case 'ignore':
      case 'finish': // after the observer has heard of the step
      case 'fail':
        break;
    }
  }

  #acknowledgeUpdate({ event, effects }: EngineStep): void {
    if (event.type !== 'update-arrived') return;
    const discard = effects.find((e) => e.type === 'discard' && e.updateId === event.updateId);
    if (discard?.type === 'discard') {
      const heldBefore = discard.reason === 'duplicate';
      this.#acknowledge(event, heldBefore ? 'accepted' : 'refused', `${discard.reason}: ${discard.detail}`);
    } else {
      this.#acknowledge(event, 'accepted', 'counts');
    }
  }

  #acknowledge(
    update: { readonly worker: number; readonly incarnation: number; readonly updateId: string },
    outcome: 'accepted' | 'refused',
    reason: string,
  ): void {
    const { run, epoch } = this.#options;
    const { worker, incarnation, updateId } = update;
    this.#send({ type: 'ack', run, epoch, worker, incarnation, updateId, outcome, reason: fitReason(reason) });
  }

  #sendAssignment({ effect, weights }: SentAssignment): void {
    const { run, epoch } = this.#options;
    const { worker, incarnation, attempt, version, localSteps } = effect;
    const header = {
      type: 'assign',
      run,
      epoch,
      worker,
      incarnation,
      attempt,
      baseVersion: version,
      localSteps,
    } as const;
    this.#send(header, weights);
  }

  /** The worker says which attempt it has; if ours is newer and was sent a while ago, it was lost on the way. */
  #resendIfLost(worker: number, incarnation: number, attempt: number): void {
    const sent = this.#assignments.get(worker);
    if (sent === undefined || sent.effect.incarnation !== incarnation || sent.effect.attempt <= attempt)
      return;
    const now = this.#context.now();
    if (now - sent.sentAt < this.#options.resendSeconds) return;
    const again = { ...sent, sentAt: now };
    this.#assignments.set(worker, again);
    this.#sendAssignment(again);
  }

  #isDead(worker: number, incarnation: number): boolean {
    const member = this.#state?.members[worker];
    if (member === undefined || incarnation > member.incarnation) return false;
    const living = member.status === 'computing' || member.status === 'idle';
    return incarnation < member.incarnation || (member.incarnation > 0 && !living);
  }

  #tellToRejoin({ worker, incarnation }: ToServer): void {
    const { run, epoch } = this.#options;
    const reason = `incarnation ${incarnation} was declared dead`;
    this.#send({ type: 'stop', run, epoch, worker, incarnation, rejoin: true, reason });
  }

  #tellOver({ worker, incarnation }: ToServer): void {
    const { run, epoch } = this.#options;
    this.#send({ type: 'stop', run, epoch, worker, incarnation, rejoin: false, reason: 'the run is over' });
  }

  #end(outcome: RunOutcome): void {
    this.#over = true;
    this.#assignments.clear();
    const { run, epoch, observer } = this.#options;
    for (const { worker, incarnation, status } of this.#state?.members ?? []) {
      if (status !== 'computing' && status !== 'idle') continue;
      this.#send({ type: 'stop', run, epoch, worker, incarnation, rejoin: false, reason: fitReason(outcome.reason) });
    }
    observer.over(outcome);
  }

  /** Not awaited: what is lost is repeated (assignments on the next heartbeat, acknowledgements on the next upload). */
  #send(header: ToWorker, tensor: Float32Array | null = null): void {
    const subject = workerSubject(this.#options.run, header.worker);
    this.#options.transport.send(subject, { header, tensor }).catch(() => undefined);
  }
}
