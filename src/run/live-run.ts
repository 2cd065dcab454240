/**
 * A live run: server and workers as actors of this process, their messages on a transport. It assembles the parts that it
 * is given and owns only the actor system.
 */
import type { Observable, Subscription } from 'rxjs';
import type { SilenceLimits } from '../../actors/monitor/heartbeat-rhythm.js';
import { serverActor, type ServerObserver } from '../../actors/server-actor.js';
import { localOwner, localOwners } from '../../actors/server/owners.js';
import { stalenessMonitor } from '../../actors/staleness-monitor.js';
import { stragglerInjector, type StragglerInjectorMessage } from '../../actors/straggler-injector.js';
import {
  type ActorRef,
  createActorSystem,
  type DeadLetter,
  type RestartPolicy,
} from '../../actors/supervision.js';
import { spawnWorkers, type WorkerFailure } from '../../actors/worker-fleet.js';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { EngineOptions, EngineState } from '../../protocols/sync/round-engine.js';
import { toServerSchema } from '../../protocols/wire/messages.js';
import { serverInbox } from '../../protocols/wire/subjects.js';
import type { Clock } from '../clock/clock.js';
import type { Compute } from '../compute/compute.js';
import { allFinite, type ParameterStore } from '../compute/parameter-store.js';
import { StalewartError } from '../errors.js';
import type { TaskTimes } from '../stragglers/task-times.js';
import type { Transport } from '../transport/transport.js';

export interface LiveRunOptions {
  readonly run: string;
  readonly clock: Clock;
  readonly engine: EngineOptions;
  readonly store: ParameterStore;
  readonly compute: Compute;
  readonly transport: Transport;
  readonly taskTimes: TaskTimes;
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
  /** Goes on from there, with workers that join again. Default: a new run. */
  readonly resumeFrom?: EngineState | null;
  /** As `ServerActorOptions.beforeRelease`. */
  readonly beforeRelease?: (step: EngineStep, state: EngineState) => Promise<void> | undefined;
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
  /** Stops all actors; resolves when none is left. */
  close(): Promise<void>;
}

/** Starts the actors; the first assignments go out when the workers have joined. */
export async function startLiveRun(options: LiveRunOptions): Promise<LiveRun> {
  const { run, clock, engine, store, compute, transport, restart, retrySeconds, observer } = options;
  const { silence, resumeFrom = null, beforeRelease } = options;
  const epoch = 1;
  const lastIncarnation = (worker: number): number => resumeFrom?.members[worker]?.incarnation ?? 0;
  // First, since it may be refused: nothing has been started then. Messages wait for the first subscriber.
  const inbox = await transport.subscribe(serverInbox(run));
  const system = createActorSystem({ name: run, clock });
  void system.terminated.then((end) => {
    if (end.type === 'given-up') options.onFailure(end.failure.error);
  });
  const server = system.spawn(
    serverActor({
      run,
      epoch,
      owners: localOwners,
      engine,
      store,
      parameterCount: compute.model.parameterCount,
      isFinite: allFinite,
      transport,
      resendSeconds: retrySeconds,
      joinsPerSecond: options.joinsPerSecond,
      maxInboundBytes: options.maxInboundBytes,
      observer,
      resumeFrom,
      ...(beforeRelease === undefined ? {} : { beforeRelease }),
      spawnMonitor: (context, self) =>
        context.spawn(
          stalenessMonitor({
            run,
            epoch,
            owners: localOwners,
            workers: engine.workers,
            transport,
            server: self,
            ...silence,
            restartSeconds: restart.backoff.maxSeconds,
            lastIncarnation,
          }),
        ),
    }),
  );
  const subscription: Subscription = inbox.subscribe(({ header, tensor }) => {
    const toServer = toServerSchema.safeParse(header);
    if (toServer.success) server.tell({ type: 'wire', message: { header: toServer.data, tensor } });
  });
  const workers = new Map<number, Pick<ActorRef<never>, 'crash'>>();
  const injector: ActorRef<StragglerInjectorMessage> = system.spawn(
    stragglerInjector({ taskTimes: options.taskTimes, workers: () => workers }),
  );
  const indices = Array.from({ length: engine.workers }, (_, index) => index);
  const fleet = spawnWorkers(
    system,
    indices,
    {
      run,
      ...localOwner,
      compute,
      transport,
      injector,
      heartbeatSeconds: silence.heartbeatSeconds,
      retrySeconds,
      restart,
    },
    (worker) => lastIncarnation(worker) + 1,
  );
  for (const [index, ref] of fleet.workers) workers.set(index, ref);
  fleet.failures$.subscribe(({ error }) => {
    if (error instanceof StalewartError && error.isPermanent) options.onFailure(error);
  });
  return {
    failures$: fleet.failures$,
    deadLetters$: system.deadLetters$,
    stop(when, reason) {
      const event = { type: 'stop-requested', time: clock.now(), when, reason } as const;
      server.tell({ type: 'event', event });
    },
    crash: (worker) => injector.ask((reply) => ({ type: 'crash', worker, reply }), 10),
    async close() {
      subscription.unsubscribe();
      await system.stop();
    },
  };
}
