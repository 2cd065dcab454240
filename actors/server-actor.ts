/**
 * The parameter server: feeds every event to the round engine (through its RxJS operator) and carries out the effects, in
 * order: the parameter store does the arithmetic, workers get their assignments, the StalenessMonitor the restarts.
 *
 * Invariant: it decides nothing itself. Whether an update counts, a round closes or a worker restarts is the engine's
 * decision; what it refuses on its own (a worker that cannot be or is another's, another epoch, a tensor of the wrong length)
 * never reaches the engine. An error in a policy or an effect is a crash of this actor, and that ends the run.
 */
import { Subject } from 'rxjs';
import { fence } from '../protocols/sync/fence.js';
import type { Discard, Effect, EngineEvent, EngineStep, Fail, WorkerLost } from '../protocols/sync/events.js';
import { runRoundEngine } from '../protocols/sync/gather-rounds.js';
import { isLiving } from '../protocols/sync/member.js';
import type { EngineOptions, EngineState } from '../protocols/sync/round-engine.js';
import type { Message, OfferMessage, ToServer, UpdateMessage } from '../protocols/wire/messages.js';
import type { ParameterStore } from '../src/compute/parameter-store.js';
import type { Transport } from '../src/transport/transport.js';
import { Deadlines } from './server/deadlines.js';
import { type Join, JoinQueue } from './server/join-queue.js';
import { ownerProblem, type Owners } from './server/owners.js';
import { type Offer, UploadGate } from './server/upload-gate.js';
import { WorkerMail } from './server/worker-mail.js';
import type { ServerMessage, StalenessMonitorMessage } from './messages.js';
import type { ActorContext, ActorSpec, Behaviour, Recipient } from './supervision.js';

/** How the run ended, as the engine saw it. */
export interface RunOutcome {
  /** Null: it finished, or was stopped. */
  readonly code: Fail['code'] | null;
  readonly reason: string;
}

/** What the run hears of its server, synchronously and in order. */
export interface ServerObserver {
  /** Every message from a worker of the run, before anything is done about it. */
  readonly heard: (header: ToServer) => void;
  /** The StalenessMonitor has given a worker up because it fell silent, or its process is gone; the engine hears of it next. */
  readonly silent: (event: WorkerLost) => void;
  /** The worker has been silent for a while, or is heard again. Nothing else changes by it. */
  readonly suspicion: (worker: number, incarnation: number, suspected: boolean) => void;
  /** A message that was refused before it reached the engine. */
  readonly refused: (header: ToServer, reason: string) => void;
  /** After the effects of the step were carried out. */
  readonly step: (step: EngineStep, state: EngineState) => void;
  readonly over: (outcome: RunOutcome) => void;
}

export interface ServerActorOptions {
  readonly run: string;
  /** Grows when another server takes over; messages of another epoch are refused. */
  readonly epoch: number;
  /** Whose worker is whose. Invariant of all that follows: a number is spoken for by its owner alone. */
  readonly owners: Owners;
  readonly engine: EngineOptions;
  readonly store: ParameterStore;
  /** Length of the weight vector, and so of every delta. */
  readonly parameterCount: number;
  readonly isFinite: (delta: Float32Array) => boolean;
  readonly transport: Pick<Transport, 'send'>;
  /** An assignment that a worker has not received this many seconds after it was sent is sent again. */
  readonly resendSeconds: number;
  /** Workers that are let in per second; a second's worth of them at once. */
  readonly joinsPerSecond: number;
  /** Bytes of updates that may be on their way to the server. */
  readonly maxInboundBytes: number;
  readonly spawnMonitor: (
    context: ActorContext<ServerMessage>,
    server: Recipient<ServerMessage>,
  ) => Recipient<StalenessMonitorMessage>;
  readonly observer: ServerObserver;
  /** State of a run that is gone on with, and of which nobody lives any more. Default: a new run. */
  readonly resumeFrom?: EngineState | null;
  /**
   * Called when the effects of a step have been carried out here and nobody outside has heard of it. Assignments, restarts,
   * acknowledgements and the observer wait for what it returns, and so do all later events: so a commit can be made to outlive
   * this server before anybody builds on it. Default: nothing is waited for.
   */
  readonly beforeRelease?: (step: EngineStep, state: EngineState) => Promise<void> | undefined;
}

/** Specification of the server's actor. It keeps the run's state in memory, so a crash of it ends the run. */
export function serverActor(options: ServerActorOptions): ActorSpec<ServerMessage> {
  return {
    name: 'server',
    async start(context) {
      const server = new ServerActor(options, context);
      if (options.resumeFrom) await server.resume();
      return server;
    },
  };
}

class ServerActor implements Behaviour<ServerMessage> {
  readonly #options: ServerActorOptions;
  readonly #context: ActorContext<ServerMessage>;
  readonly #monitor: Recipient<StalenessMonitorMessage>;
  readonly #mail: WorkerMail;
  readonly #events$ = new Subject<EngineEvent>();
  #state: EngineState | null = null;
  /** What the operator has made of the event in hand. */
  #steps: EngineStep[] = [];
  #engineError: { readonly error: unknown } | null = null;
  readonly #deadlines = new Deadlines();
  readonly #joins: JoinQueue;
  #admitting = false;
  readonly #gate: UploadGate;
  /** The update in hand. */
  #arrived: { readonly updateId: string; readonly delta: Float32Array } | null = null;
  #over = false;

  constructor(options: ServerActorOptions, context: ActorContext<ServerMessage>) {
    this.#options = options;
    this.#context = context;
    this.#monitor = options.spawnMonitor(context, context.self);
    const { run, epoch, owners, transport, resendSeconds, joinsPerSecond, maxInboundBytes } = options;
    const modelBytes = options.parameterCount * Float32Array.BYTES_PER_ELEMENT;
    this.#joins = new JoinQueue(joinsPerSecond, context.now());
    this.#gate = new UploadGate(modelBytes, maxInboundBytes);
    this.#mail = new WorkerMail({
      run,
      epoch,
      owners,
      transport,
      resendSeconds,
      modelBytes,
      now: () => context.now(),
      onError: (error) => context.self.tell({ type: 'failed', error }),
    });
    const steps$ = this.#events$.pipe(
      runRoundEngine(options.engine, options.resumeFrom ?? undefined, (state) => {
        this.#state = state;
      }),
    );
    // Gathered here and carried out by `#feed`: RxJS would keep an error of an effect from reaching the supervisor.
    steps$.subscribe({
      next: (step) => this.#steps.push(step),
      error: (error) => {
        this.#engineError = { error };
      },
    });
  }

  /** Before anything else is heard. */
  async resume(): Promise<void> {
    await this.#feed({ type: 'run-resumed', time: this.#context.now() });
  }

  readonly receive = (message: ServerMessage): void | Promise<void> => {
    const time = this.#context.now();
    switch (message.type) {
      case 'wire':
        return this.#hear(message.message);
      case 'event':
        if (message.event.type === 'worker-lost') {
          this.#options.observer.silent({ ...message.event, time });
          this.#leaves(message.event);
        }
        return this.#feed({ ...message.event, time });
      case 'admit':
        this.#admitting = false;
        return this.#admit();
      case 'suspicion':
        this.#options.observer.suspicion(message.worker, message.incarnation, message.suspected);
        break;
      case 'workers-lost':
        return this.#loseAll(message.workers, message.reason, message.returns);
      case 'restarts-commanded':
        // Who was paused may have been given its work meanwhile.
        for (const worker of message.workers) this.#mail.deliverNew(worker);
        break;
      case 'deadline':
        return this.#feed({ type: 'deadline-passed', time, deadline: message.deadline });
      case 'failed':
        throw message.error;
    }
  };

  readonly stopped = (): void => {
    this.#events$.complete();
  };

  #feed(event: EngineEvent): void | Promise<void> {
    this.#events$.next(event);
    const [step] = this.#steps;
    this.#steps = [];
    if (this.#engineError !== null) throw this.#engineError.error;
    if (step !== undefined) return this.#carryOut(step);
  }

  #hear({ header, tensor }: Message<ToServer>): void | Promise<void> {
    const { worker, incarnation } = header;
    const time = this.#context.now();
    const { engine, owners, observer } = this.#options;
    if (worker >= engine.workers) return observer.refused(header, `the run has ${engine.workers} workers`);
    const foreign = ownerProblem(owners, header);
    if (foreign !== null) return observer.refused(header, foreign);
    observer.heard(header);
    if (this.#over) return this.#mail.tellOver(header, 'the run is over');
    if (header.type !== 'lost') {
      if (this.#isDead(worker, incarnation)) {
        return this.#mail.tellToRejoin(header, `incarnation ${incarnation} was declared dead`);
      }
      this.#monitor.tell({ type: 'heard', worker, incarnation, heartbeat: header.type === 'heartbeat' });
    }
    switch (header.type) {
      case 'join':
        return this.#hearJoin(header);
      case 'heartbeat':
        this.#grant(this.#gate.heartbeat(worker, header.attempt, header.state === 'uploading'));
        this.#mail.deliverIfLost(header, header.attempt);
        break;
      case 'offer':
        this.#hearOffer(header);
        break;
      case 'lost': {
        const { reason, returns } = header;
        this.#leaves(header);
        this.#monitor.tell({ type: 'lost', worker, incarnation, returns });
        return this.#feed({ type: 'worker-lost', time, worker, incarnation, reason, returns });
      }
      case 'update':
        return this.#hearUpdate(header, tensor);
    }
  }

  #hearJoin({ worker, incarnation }: Join): void | Promise<void> {
    if (incarnation > (this.#state?.members[worker]?.incarnation ?? 0)) {
      this.#joins.ask({ worker, incarnation });
      return this.#admit();
    }
    this.#mail.deliverIfLost({ worker, incarnation }, 0);
    return this.#feed({ type: 'worker-joined', time: this.#context.now(), worker, incarnation });
  }

  /** Those whose turn it is to join. */
  async #admit(): Promise<void> {
    const time = this.#context.now();
    for (const { worker, incarnation } of this.#joins.take(time)) {
      this.#grant(this.#gate.release(worker));
      await this.#feed({ type: 'worker-joined', time, worker, incarnation });
    }
    const wait = this.#joins.untilNext(time);
    if (wait === null || this.#admitting || this.#over) return;
    this.#admitting = true;
    this.#context.after(wait, { type: 'admit' });
  }

  /** It is lost: nothing of it is waited for. */
  #leaves(lost: Join): void {
    this.#joins.forget(lost);
    if (lost.incarnation >= (this.#state?.members[lost.worker]?.incarnation ?? 0))
      this.#grant(this.#gate.release(lost.worker));
  }

  #hearOffer(header: OfferMessage): void {
    const { epoch, worker } = header;
    if (epoch !== this.#options.epoch) return this.#mail.acknowledge(header, 'refused', 'dead epoch');
    const dead = fence(header, this.#state?.members[worker]);
    // It need not be sent: what would become of it is known.
    if (dead !== null) return this.#refuse(header, dead);
    this.#grant(this.#gate.offer(header));
  }

  #grant(offers: readonly Offer[]): void {
    for (const offer of offers) this.#mail.grant(offer);
  }

  async #loseAll(workers: readonly number[], reason: string, returns: boolean): Promise<void> {
    for (const worker of workers) await this.#lose(worker, reason, returns);
  }

  /** Its process is gone; a worker that never joined, or is gone already, is no loss. */
  #lose(worker: number, reason: string, returns: boolean): void | Promise<void> {
    // Also a join that waits for its turn: what comes next is of another life.
    this.#leaves({ worker, incarnation: Number.MAX_SAFE_INTEGER });
    const member = this.#state?.members[worker];
    if (member === undefined || member.status === 'expected' || member.status === 'gone') return undefined;
    const { incarnation } = member;
    const time = this.#context.now();
    const event = { type: 'worker-lost', time, worker, incarnation, reason, returns } as const;
    this.#monitor.tell({ type: 'lost', worker, incarnation, returns });
    this.#options.observer.silent(event);
    return this.#feed(event);
  }

  #hearUpdate(header: UpdateMessage, tensor: Float32Array | null): void | Promise<void> {
    const { epoch, parameterCount, observer, engine, store } = this.#options;
    this.#grant(this.#gate.release(header.worker));
    if (header.epoch !== epoch) {
      observer.refused(header, `epoch ${header.epoch}, living is ${epoch}`);
      return this.#mail.acknowledge(header, 'refused', 'dead epoch');
    }
    if (tensor?.length !== parameterCount) {
      const reason = `delta of ${tensor?.length ?? 0} elements, the model has ${parameterCount}`;
      observer.refused(header, reason);
      return this.#mail.tellToRejoin(header, reason);
    }
    const { worker, incarnation, attempt, updateId, baseVersion, steps, samples } = header;
    const loss = header.loss ?? NaN;
    const firstLoss = header.firstLoss ?? NaN;
    const finite = Number.isFinite(loss) && Number.isFinite(firstLoss) && this.#options.isFinite(tensor);
    this.#arrived = { updateId, delta: tensor };
    return this.#feed({
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
      ...(engine.maxUpdateNorm == null ? {} : { norm: store.norm(tensor) }),
    });
  }

  #carryOut(step: EngineStep): void | Promise<void> {
    for (const effect of step.effects) this.#carryOutOne(effect);
    this.#arrived = null;
    const ready = this.#state === null ? undefined : this.#options.beforeRelease?.(step, this.#state);
    return ready === undefined ? this.#release(step) : ready.then(() => this.#release(step));
  }

  /** Lets the outside hear of the step. */
  #release(step: EngineStep): void {
    const restarted = new Set<number>();
    for (const effect of step.effects) if (effect.type === 'cancel') restarted.add(effect.worker);
    this.#command(step);
    for (const effect of step.effects) {
      // Those who restart get the new model once the monitor has told them to drop the old work.
      if (effect.type === 'assign' && !restarted.has(effect.worker)) this.#mail.deliver(effect.worker);
    }
    this.#acknowledge(step);
    if (this.#state !== null) this.#options.observer.step(step, this.#state);
    for (const effect of step.effects) {
      if (effect.type === 'finish') this.#end({ code: null, reason: effect.reason });
      if (effect.type === 'fail') this.#end({ code: effect.code, reason: effect.reason });
    }
  }

  #carryOutOne(effect: Effect): void {
    const { store } = this.#options;
    switch (effect.type) {
      case 'accumulate':
        if (this.#arrived !== null) store.hold(effect.updateId, this.#arrived.delta, effect.worker);
        break;
      case 'discard':
        // An update that is refused on arrival was never held; a repeated one has the id of one that is.
        if (effect.updateId !== this.#arrived?.updateId) store.drop(effect.updateId);
        break;
      case 'commit':
        store.commit(effect);
        break;
      case 'assign':
        store.given(effect.worker);
        this.#mail.assign(effect, store.current(), this.#mustAsk);
        break;
      case 'schedule': {
        const { deadline, at } = effect;
        const wait = at - this.#context.now();
        this.#deadlines.set(deadline, this.#context.after(wait, { type: 'deadline', deadline }));
        break;
      }
      case 'cancel': // commanded by the monitor
        this.#mail.withdraw(effect.worker);
        break;
      case 'pause': // it hears nothing, and so does nothing
      case 'ignore':
      case 'finish': // after the observer has heard of the step
      case 'fail':
        break;
    }
  }

  /** Hands the commit, and whoever must restart, to the monitor. */
  #command({ effects }: EngineStep): void {
    const commit = effects.find((effect) => effect.type === 'commit') ?? null;
    const cancels = effects.filter((effect) => effect.type === 'cancel');
    if (commit !== null || cancels.length > 0) this.#monitor.tell({ type: 'restart', commit, cancels });
  }

  #acknowledge({ event, effects }: EngineStep): void {
    if (event.type !== 'update-arrived') return;
    const discard = effects.find((e) => e.type === 'discard' && e.updateId === event.updateId);
    if (discard?.type !== 'discard') return this.#mail.acknowledge(event, 'accepted', 'counts');
    this.#refuse(event, discard);
  }

  /** The update does not count, or counted before. */
  #refuse(
    update: Pick<UpdateMessage, 'worker' | 'incarnation' | 'updateId'>,
    { reason, detail }: Pick<Discard, 'reason' | 'detail'>,
  ): void {
    // Such an update answers no assignment that was ever given: its worker has lost the thread.
    if (reason === 'wrong-id' || reason === 'wrong-base') return this.#mail.tellToRejoin(update, detail);
    this.#mail.acknowledge(update, reason === 'duplicate' ? 'accepted' : 'refused', `${reason}: ${detail}`);
  }

  /** Whether updates are to be offered first. */
  get #mustAsk(): boolean {
    const { workers } = this.#options.engine;
    return this.#gate.mustAsk(Math.max(workers, this.#state?.members.length ?? 0));
  }

  #isDead(worker: number, incarnation: number): boolean {
    const member = this.#state?.members[worker];
    if (member === undefined || incarnation > member.incarnation) return false;
    return incarnation < member.incarnation || (member.incarnation > 0 && !isLiving(member));
  }

  #end(outcome: RunOutcome): void {
    this.#over = true;
    this.#deadlines.clear();
    for (const member of this.#state?.members ?? []) {
      if (isLiving(member)) this.#mail.tellOver(member, outcome.reason);
    }
    this.#options.observer.over(outcome);
  }
}
