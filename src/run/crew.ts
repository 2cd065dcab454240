/**
 * The workers of one life of a process: actors on its compute pool, with the run's straggler model. When one of them is given
 * up, so is the crew: whoever supervises the process decides what comes next.
 */
import type { Owner } from '../../actors/server/owners.js';
import { stragglerInjector, type StragglerInjectorMessage } from '../../actors/straggler-injector.js';
import { type ActorRef, createActorSystem } from '../../actors/supervision.js';
import { spawnWorkers, type WorkerFailure } from '../../actors/worker-fleet.js';
import type { WelcomeMessage } from '../../protocols/wire/lobby-messages.js';
import type { Clock } from '../clock/clock.js';
import type { Compute } from '../compute/compute.js';
import { oneLineOf, StalewartError } from '../errors.js';
import { createTaskTimes } from '../stragglers/task-times.js';
import type { Transport } from '../transport/transport.js';
import { restartPolicyOf } from './restart-policy-of.js';
import type { WorkerConfig } from './worker-config.js';

export interface CrewOptions extends Owner {
  readonly run: string;
  readonly config: WorkerConfig;
  readonly compute: Compute;
  readonly transport: Pick<Transport, 'send' | 'subscribe'>;
  readonly clock: Clock;
  readonly crashed: (failure: WorkerFailure) => void;
  /** A worker is given up, or an actor beside the workers failed. */
  readonly onFailure: (error: StalewartError) => void;
}

export interface Crew {
  /** Starts those of the workers that it does not have yet; returns their numbers. */
  add(workers: WelcomeMessage['workers']): readonly number[];
  stop(): Promise<void>;
}

export function assembleCrew(options: CrewOptions): Crew {
  const { run, process, life, config, compute, transport, clock, crashed, onFailure } = options;
  const system = createActorSystem({ name: process, clock });
  const workers = new Map<number, Pick<ActorRef<never>, 'crash'>>();
  const { seed, slowdown, bursts } = config;
  const taskTimes = createTaskTimes(config.straggler, { workers: config.workers, seed, slowdown, bursts });
  const injector: ActorRef<StragglerInjectorMessage> = system.spawn(
    stragglerInjector({ taskTimes, workers: () => workers }),
  );
  void system.terminated.then((end) => {
    if (end.type === 'given-up') onFailure(failureOf('an actor', end.failure.error));
  });
  return {
    add(seats) {
      const incarnations = new Map(seats.map(({ worker, incarnation }) => [worker, incarnation]));
      const added = [...incarnations.keys()].filter((worker) => !workers.has(worker));
      const fleet = spawnWorkers(system, added, {
        run,
        process,
        life,
        compute,
        transport,
        injector,
        heartbeatSeconds: config.heartbeat,
        retrySeconds: config.uploadRetry,
        restart: restartPolicyOf(config, `restart-jitter-${process}`),
        firstIncarnationOf: (worker) => incarnations.get(worker) ?? 1,
      });
      for (const [worker, ref] of fleet.workers) workers.set(worker, ref);
      fleet.failures$.subscribe((failure) => {
        crashed(failure);
        const { worker, error, action } = failure;
        if (error instanceof StalewartError && error.isPermanent) onFailure(error);
        else if (action === 'given-up') onFailure(failureOf(`worker ${worker}`, error));
      });
      return added;
    },
    stop: () => system.stop(),
  };
}

function failureOf(who: string, error: unknown): StalewartError {
  if (error instanceof StalewartError) return error;
  return new StalewartError('COMPUTE', `${who} has crashed too often: ${oneLineOf(error)}`, { cause: error });
}
