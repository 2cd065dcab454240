/**
 * The watch over the workers: it hears every commit with the staleness vector and issues the restart command to each
 * worker with τ_k ≥ τ_max^t; it hears every sign of life and declares workers lost that fall silent, also those that were
 * promised and never came.
 *
 * Invariant: silence counts only while the connection is up and this process was itself awake, and when nobody at all is
 * heard it counts for longer: a pause of ours must not be taken for the death of theirs.
 */
import type { Cancel } from '../protocols/sync/events.js';
import { fitReason, type CancelMessage } from '../protocols/wire/messages.js';
import { workerSubject } from '../protocols/wire/subjects.js';
import type { Transport } from '../src/transport/transport.js';
import { isClosed } from './is-closed.js';
import type { Owners } from './server/owners.js';
import type { ServerMessage, StalenessMonitorMessage } from './messages.js';
import type { ActorContext, ActorSpec, Behaviour, Recipient } from './supervision.js';

export interface StalenessMonitorOptions {
  readonly run: string;
  readonly epoch: number;
  readonly owners: Owners;
  /** N: workers 0 … N−1 are expected from the start. */
  readonly workers: number;
  readonly transport: Pick<Transport, 'send' | 'status$'>;
  readonly server: Recipient<ServerMessage>;
  /** How often silence is looked for, seconds. */
  readonly heartbeatSeconds: number;
  /** A worker that was not heard for this long is lost, seconds. */
  readonly heartbeatTimeoutSeconds: number;
  /** Last life of a worker that the run has known before; 0: it has known none. Default: 0 for all. */
  readonly lastIncarnation?: (worker: number) => number;
  /** Longest backoff before a crashed worker's next life: so much longer it may be silent, seconds. */
  readonly restartSeconds: number;
}

export function stalenessMonitor(options: StalenessMonitorOptions): ActorSpec<StalenessMonitorMessage> {
  return { name: 'staleness-monitor', start: (context) => new StalenessMonitor(options, context) };
}

interface Watch {
  readonly incarnation: number;
  readonly since: number;
  /** Between two lives, or before the first. */
  readonly expected: boolean;
}

/** With nobody heard at all, the fault is more likely here than everywhere else: patience is multiplied. */
const patienceWithSilenceOfAll = 3;

class StalenessMonitor implements Behaviour<StalenessMonitorMessage> {
  readonly #options: StalenessMonitorOptions;
  readonly #context: ActorContext<StalenessMonitorMessage>;
  readonly #watches = new Map<number, Watch>();
  readonly #unsubscribe: () => void;
  #connected = true;
  #lastTick: number;
  #lastHeard: number;

  constructor(options: StalenessMonitorOptions, context: ActorContext<StalenessMonitorMessage>) {
    this.#options = options;
    this.#context = context;
    this.#lastTick = context.now();
    this.#lastHeard = context.now();
    for (let worker = 0; worker < options.workers; worker += 1) {
      const incarnation = options.lastIncarnation?.(worker) ?? 0;
      this.#watches.set(worker, { incarnation, since: context.now(), expected: true });
    }
    context.every(options.heartbeatSeconds, { type: 'tick' });
    const subscription = options.transport.status$.subscribe(({ type }) => {
      if (type === 'connected') context.self.tell({ type: 'connection', up: true });
      if (type === 'disconnected') context.self.tell({ type: 'connection', up: false });
    });
    this.#unsubscribe = () => subscription.unsubscribe();
  }

  readonly receive = (message: StalenessMonitorMessage): void => {
    switch (message.type) {
      case 'restart':
        this.#restart(message.cancels);
        break;
      case 'heard':
        this.#lastHeard = this.#context.now();
        this.#watch(message.worker, message.incarnation, false);
        break;
      case 'lost':
        if (message.returns) this.#watch(message.worker, message.incarnation, true);
        else this.#forget(message.worker, message.incarnation);
        break;
      case 'connection':
        this.#connected = message.up;
        if (message.up) this.#startAfresh();
        break;
      case 'failed':
        throw message.error;
      case 'tick':
        this.#lookForSilence();
        break;
    }
  };

  readonly stopped = (): void => this.#unsubscribe();

  #restart(cancels: readonly Cancel[]): void {
    if (cancels.length === 0) return;
    const { run, epoch, owners, transport, server } = this.#options;
    for (const { worker, incarnation, attempt, staleness, reason: why } of cancels) {
      const owner = owners.of(worker);
      if (owner === null) continue;
      const { process, life } = owner;
      const reason = fitReason(why);
      const header: CancelMessage = {
        type: 'cancel',
        run,
        process,
        life,
        epoch,
        worker,
        incarnation,
        attempt,
        staleness,
        reason,
      };
      // If it is lost, the assignment that follows supersedes the old work all the same.
      transport
        .send(workerSubject(run, process, worker), { header, tensor: null })
        .catch((error: unknown) => {
          if (!isClosed(error)) this.#context.self.tell({ type: 'failed', error });
        });
    }
    server.tell({ type: 'restarts-commanded', workers: cancels.map(({ worker }) => worker) });
  }

  #watch(worker: number, incarnation: number, expected: boolean): void {
    if (incarnation < (this.#watches.get(worker)?.incarnation ?? 0)) return;
    this.#watches.set(worker, { incarnation, since: this.#context.now(), expected });
  }

  #forget(worker: number, incarnation: number): void {
    if ((this.#watches.get(worker)?.incarnation ?? 0) <= incarnation) this.#watches.delete(worker);
  }

  #lookForSilence(): void {
    const now = this.#context.now();
    const { heartbeatSeconds, heartbeatTimeoutSeconds, restartSeconds } = this.#options;
    const overslept = now - this.#lastTick > 2 * heartbeatSeconds + heartbeatTimeoutSeconds / 2;
    this.#lastTick = now;
    if (!this.#connected) return;
    if (overslept) return this.#startAfresh();
    const silenceOfAll = now - this.#lastHeard > heartbeatTimeoutSeconds;
    const patience = heartbeatTimeoutSeconds * (silenceOfAll ? patienceWithSilenceOfAll : 1);
    for (const [worker, { incarnation, since, expected }] of this.#watches) {
      const silent = now - since;
      if (silent <= patience + (expected ? restartSeconds : 0)) continue;
      this.#watches.delete(worker);
      const reason = `${expected ? 'did not come' : 'not heard'} for ${silent.toFixed(1)} s`;
      const event = { type: 'worker-lost', time: now, worker, incarnation, reason, returns: false } as const;
      this.#options.server.tell({ type: 'event', event });
    }
  }

  /** After a pause of our own, everybody gets the whole of the timeout again. */
  #startAfresh(): void {
    const since = this.#context.now();
    this.#lastHeard = since;
    for (const [worker, watch] of this.#watches) this.#watches.set(worker, { ...watch, since });
  }
}
