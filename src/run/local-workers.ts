/** The workers of a run as actors beside their server, on the compute pool of this process. */
import { localOwner, localOwners } from '../../actors/server/owners.js';
import { stragglerInjector, type StragglerInjectorMessage } from '../../actors/straggler-injector.js';
import type { ActorRef, RestartPolicy } from '../../actors/supervision.js';
import { spawnWorkers } from '../../actors/worker-fleet.js';
import type { Compute } from '../compute/compute.js';
import { StalewartError } from '../errors.js';
import type { TaskTimes } from '../stragglers/task-times.js';
import type { Transport } from '../transport/transport.js';
import type { WorkerHost } from './worker-host.js';

export interface LocalWorkersOptions {
  readonly run: string;
  /** N. */
  readonly workers: number;
  readonly compute: Compute;
  readonly transport: Transport;
  readonly taskTimes: TaskTimes;
  readonly heartbeatSeconds: number;
  readonly retrySeconds: number;
  readonly restart: RestartPolicy;
}

export function localWorkers(options: LocalWorkersOptions): WorkerHost {
  const { workers: expected, taskTimes, ...common } = options;
  return {
    owners: localOwners,
    expected,
    async start({ system, incarnationOf, onFailure }) {
      const workers = new Map<number, Pick<ActorRef<never>, 'crash'>>();
      const injector: ActorRef<StragglerInjectorMessage> = system.spawn(
        stragglerInjector({ taskTimes, workers: () => workers }),
      );
      const indices = Array.from({ length: expected }, (_, index) => index);
      const fleet = spawnWorkers(system, indices, {
        ...common,
        ...localOwner,
        injector,
        firstIncarnationOf: (worker) => incarnationOf(worker) + 1,
      });
      for (const [index, ref] of fleet.workers) workers.set(index, ref);
      fleet.failures$.subscribe(({ error }) => {
        if (error instanceof StalewartError && error.isPermanent) onFailure(error);
      });
      return {
        failures$: fleet.failures$,
        heard: () => undefined,
        crash: (worker) => injector.ask((reply) => ({ type: 'crash', worker, reply }), 10),
        end: () => Promise.resolve(),
      };
    },
  };
}
