/**
 * The watch over the workers: it hears every commit with the staleness vector and issues the restart command to each
 * worker with τ_k ≥ τ_max^t; it hears every sign of life and declares workers lost that fall silent, also those that were
 * promised and never came.
 *
 * How long is too long is the `FleetWatch`'s decision. Suspicion is told to whoever displays it; the engine hears of deaths.
 */
import type { Cancel } from '../protocols/sync/events.js';
import { fitReason, type CancelMessage } from '../protocols/wire/messages.js';
import { workerSubject } from '../protocols/wire/subjects.js';
import type { Transport } from '../src/transport/transport.js';
import { isClosed } from './is-closed.js';
import type { Owners } from './server/owners.js';
import type { ServerMessage, StalenessMonitorMessage } from './messages.js';
import { FleetWatch, type FleetWatchOptions, type Finding } from './monitor/fleet-watch.js';
import type { ActorContext, ActorSpec, Behaviour, Recipient } from './supervision.js';

export interface StalenessMonitorOptions extends FleetWatchOptions {
  readonly run: string;
  readonly epoch: number;
  readonly owners: Owners;
  readonly transport: Pick<Transport, 'send' | 'status$'>;
  readonly server: Recipient<ServerMessage>;
}

export function stalenessMonitor(options: StalenessMonitorOptions): ActorSpec<StalenessMonitorMessage> {
  return { name: 'staleness-monitor', start: (context) => new StalenessMonitor(options, context) };
}

class StalenessMonitor implements Behaviour<StalenessMonitorMessage> {
  readonly #options: StalenessMonitorOptions;
  readonly #context: ActorContext<StalenessMonitorMessage>;
  readonly #watch: FleetWatch;
  readonly #unsubscribe: () => void;

  constructor(options: StalenessMonitorOptions, context: ActorContext<StalenessMonitorMessage>) {
    this.#options = options;
    this.#context = context;
    this.#watch = new FleetWatch(options, context.now());
    context.every(this.#watch.lookEverySeconds, { type: 'tick' });
    const subscription = options.transport.status$.subscribe(({ type }) => {
      if (type === 'connected') context.self.tell({ type: 'connection', up: true });
      if (type === 'disconnected') context.self.tell({ type: 'connection', up: false });
    });
    this.#unsubscribe = () => subscription.unsubscribe();
  }

  readonly receive = (message: StalenessMonitorMessage): void => {
    const now = this.#context.now();
    switch (message.type) {
      case 'restart':
        this.#restart(message.cancels);
        break;
      case 'heard': {
        const { worker, incarnation, heartbeat } = message;
        const finding = this.#watch.heard(worker, incarnation, heartbeat, now);
        if (finding !== null) this.#tell(finding);
        break;
      }
      case 'lost': {
        const { worker, incarnation, returns } = message;
        if (returns) this.#watch.returns(worker, incarnation, now);
        else this.#watch.forget(worker, incarnation);
        break;
      }
      case 'connection':
        this.#watch.connection(message.up, now);
        break;
      case 'failed':
        throw message.error;
      case 'tick':
        for (const finding of this.#watch.look(now)) this.#tell(finding);
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

  #tell({ type, worker, incarnation, reason }: Finding): void {
    const { server } = this.#options;
    if (type !== 'dead')
      return server.tell({ type: 'suspicion', suspected: type === 'suspected', worker, incarnation });
    const time = this.#context.now();
    const event = { type: 'worker-lost', time, worker, incarnation, reason, returns: false } as const;
    server.tell({ type: 'event', event });
  }
}
