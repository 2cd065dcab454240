/**
 * The watch over the workers: it hears every commit with the staleness vector and issues the restart command to each
 * worker with τ_k ≥ τ_max^t; it hears every sign of life and declares workers lost that fall silent.
 *
 * Invariant: silence counts only while the connection is up and this process was itself awake; a pause of ours must not
 * be taken for the death of theirs.
 */
import type { Cancel, Commit } from '../protocols/sync/events.js';
import type { CancelMessage } from '../protocols/wire/messages.js';
import { workerSubject } from '../protocols/wire/subjects.js';
import type { Transport } from '../src/transport/transport.js';
import type { ServerMessage } from './server-actor.js';
import type { ActorContext, ActorSpec, Behaviour, Recipient } from './supervision.js';

export type StalenessMonitorMessage =
  /** A commit (or, under some policies, another event) whose restarts are to be commanded. */
  | { readonly type: 'restart'; readonly commit: Commit | null; readonly cancels: readonly Cancel[] }
  | { readonly type: 'heard'; readonly worker: number; readonly incarnation: number }
  /** The worker's supervisor reported its death: no need to listen for it. */
  | { readonly type: 'forget'; readonly worker: number; readonly incarnation: number }
  | { readonly type: 'connection'; readonly up: boolean }
  | { readonly type: 'tick' };

export interface StalenessMonitorOptions {
  readonly run: string;
  readonly epoch: number;
  readonly transport: Pick<Transport, 'send' | 'status$'>;
  readonly server: Recipient<ServerMessage>;
  /** How often silence is looked for, seconds. */
  readonly heartbeatSeconds: number;
  /** A worker that was not heard for this long is lost, seconds. */
  readonly heartbeatTimeoutSeconds: number;
}

export function stalenessMonitor(options: StalenessMonitorOptions): ActorSpec<StalenessMonitorMessage> {
  return { name: 'staleness-monitor', start: (context) => new StalenessMonitor(options, context) };
}

interface LastHeard {
  readonly incarnation: number;
  readonly at: number;
}

class StalenessMonitor implements Behaviour<StalenessMonitorMessage> {
  readonly #options: StalenessMonitorOptions;
  readonly #context: ActorContext<StalenessMonitorMessage>;
  readonly #heard = new Map<number, LastHeard>();
  readonly #unsubscribe: () => void;
  #connected = true;
  #lastTick: number;

  constructor(options: StalenessMonitorOptions, context: ActorContext<StalenessMonitorMessage>) {
    this.#options = options;
    this.#context = context;
    this.#lastTick = context.now();
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
        for (const cancel of message.cancels) this.#restart(cancel);
        break;
      case 'heard': {
        const { worker, incarnation } = message;
        if (incarnation < (this.#heard.get(worker)?.incarnation ?? 0)) break;
        this.#heard.set(worker, { incarnation, at: this.#context.now() });
        break;
      }
      case 'forget':
        if ((this.#heard.get(message.worker)?.incarnation ?? 0) <= message.incarnation) {
          this.#heard.delete(message.worker);
        }
        break;
      case 'connection':
        this.#connected = message.up;
        if (message.up) this.#startAfresh();
        break;
      case 'tick':
        this.#lookForSilence();
        break;
    }
  };

  readonly stopped = (): void => this.#unsubscribe();

  #restart({ worker, incarnation, attempt, staleness, reason }: Cancel): void {
    const { run, epoch, transport } = this.#options;
    const header: CancelMessage = {
      type: 'cancel',
      run,
      epoch,
      worker,
      incarnation,
      attempt,
      staleness,
      reason,
    };
    // If it is lost, the assignment that follows supersedes the old work all the same.
    transport.send(workerSubject(run, worker), { header, tensor: null }).catch(() => undefined);
  }

  #lookForSilence(): void {
    const now = this.#context.now();
    const { heartbeatSeconds, heartbeatTimeoutSeconds } = this.#options;
    const overslept = now - this.#lastTick > 2 * heartbeatSeconds + heartbeatTimeoutSeconds / 2;
    this.#lastTick = now;
    if (!this.#connected) return;
    if (overslept) return this.#startAfresh();
    for (const [worker, { incarnation, at }] of this.#heard) {
      if (now - at <= heartbeatTimeoutSeconds) continue;
      this.#heard.delete(worker);
      const reason = `not heard for ${(now - at).toFixed(1)} s`;
      const event = { type: 'worker-lost', time: now, worker, incarnation, reason, returns: false } as const;
      this.#options.server.tell({ type: 'event', event });
    }
  }

  #startAfresh(): void {
    const at = this.#context.now();
    for (const [worker, { incarnation }] of this.#heard) this.#heard.set(worker, { incarnation, at });
  }
}
