/**
 * A live run: the server as an actor of this process, its workers wherever their host has them, all messages on a transport.
 * It assembles the parts that it is given and owns only the actor system.
 */
import type { Observable, Subscription } from 'rxjs';
import type { RunEnd } from '../../actors/lobby/lobby-actor.js';
import type { SilenceLimits } from '../../actors/monitor/heartbeat-rhythm.js';
import { serverActor, type ServerObserver } from '../../actors/server-actor.js';
import { stalenessMonitor } from '../../actors/staleness-monitor.js';
import { createActorSystem, type DeadLetter, type RestartPolicy } from '../../actors/supervision.js';
import type { WorkerFailure } from '../../actors/worker-fleet.js';
import type { EngineOptions, EngineState } from '../../protocols/sync/round-engine.js';
import { toServerSchema } from '../../protocols/wire/messages.js';
import { serverInbox } from '../../protocols/wire/subjects.js';
import type { Clock } from '../clock/clock.js';
import type { Compute } from '../compute/compute.js';
import { allFinite, type ParameterStore } from '../compute/parameter-store.js';
import type { Transport } from '../transport/transport.js';
import type { StartedHost, WorkerHost } from './worker-host.js';

export interface LiveRunOptions {
  readonly run: string;
  /** Grows when another server takes over. Default: 1. */
  readonly epoch?: number;
  readonly clock: Clock;
  readonly engine: EngineOptions;
  readonly store: ParameterStore;
  readonly compute: Compute;
  readonly transport: Transport;
  readonly host: WorkerHost;
  readonly restart: RestartPolicy;
  /** How often workers give a sign of life, and what their silence means. */
  readonly silence: SilenceLimits;
  /** Joins, uploads and assignments that are not answered are repeated after this many seconds. */
  readonly retrySeconds: number;
  /** Workers that are let in per second. */
  readonly joinsPerSecond: number;
  /** Bytes of updates that may be on their way to the server. */
  readonly maxInboundBytes: number;
  readonly observer: ServerObserver;
  /** The run cannot go on: an error in the server or in an actor beside it, or one of a worker that would come again. */
  readonly onFailure: (error: unknown) => void;
}

export interface LiveRun {
  readonly failures$: Observable<WorkerFailure>;
  readonly deadLetters$: Observable<DeadLetter>;
  /** Ends the run after the open round, or at once. */
  stop(when: 'finish-round' | 'now', reason: string): void;
  /** Crashes the worker's present incarnation; false: there was none to crash. */
  crash(worker: number): Promise<boolean>;
  /** Tells workers elsewhere how the run ended, and stops all actors; resolves when none is left. */
  close(end: RunEnd): Promise<void>;
}

/** Starts the actors; the first assignments go out when the workers have joined. */
export async function startLiveRun(options: LiveRunOptions): Promise<LiveRun> {
  const { run, epoch = 1, clock, engine, store, compute, transport, host, restart, retrySeconds } = options;
  const { silence, joinsPerSecond, maxInboundBytes, observer, onFailure } = options;
  const { owners, expected } = host;
  // First, since it may be refused: nothing has been started then. Messages wait for the first subscriber.
  const inbox = await transport.subscribe(serverInbox(run));
  const system = createActorSystem({ name: run, clock });
  void system.terminated.then((end) => {
    if (end.type === 'given-up') onFailure(end.failure.error);
  });
  let state: EngineState | null = null;
  let started: StartedHost | null = null;
  const server = system.spawn(
    serverActor({
      run,
      epoch,
      owners,
      engine,
      store,
      parameterCount: compute.model.parameterCount,
      isFinite: allFinite,
      transport,
      resendSeconds: retrySeconds,
      joinsPerSecond,
      maxInboundBytes,
      observer: {
        ...observer,
        heard(header) {
          observer.heard(header);
          started?.heard(header, clock.now());
        },
        step(step, newest) {
          state = newest;
          observer.step(step, newest);
        },
      },
      spawnMonitor: (context, self) =>
        context.spawn(
          stalenessMonitor({
            run,
            epoch,
            owners,
            workers: expected,
            transport,
            server: self,
            ...silence,
            restartSeconds: restart.backoff.maxSeconds,
          }),
        ),
    }),
  );
  const subscription: Subscription = inbox.subscribe(({ header, tensor }) => {
    const toServer = toServerSchema.safeParse(header);
    if (toServer.success) server.tell({ type: 'wire', message: { header: toServer.data, tensor } });
  });
  const incarnationOf = (worker: number): number => state?.members[worker]?.incarnation ?? 0;
  const hosted = await host.start({ system, server, incarnationOf, onFailure });
  started = hosted;
  let closing: Promise<void> | null = null;
  const close = async (end: RunEnd): Promise<void> => {
    await hosted.end(end);
    subscription.unsubscribe();
    await system.stop();
  };
  return {
    failures$: hosted.failures$,
    deadLetters$: system.deadLetters$,
    stop(when, reason) {
      const event = { type: 'stop-requested', time: clock.now(), when, reason } as const;
      server.tell({ type: 'event', event });
    },
    crash: hosted.crash,
    close(end) {
      closing ??= close(end);
      return closing;
    },
  };
}
