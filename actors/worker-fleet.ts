/**
 * The workers of this process, each a supervised actor: spawns them, and tells the server of every crash, so that a round
 * does not wait for silence to be noticed.
 */
import { filter, map, type Observable } from 'rxjs';
import { fitReason, type LostMessage } from '../protocols/wire/messages.js';
import { serverSubject } from '../protocols/wire/subjects.js';
import { oneLineOf } from '../src/errors.js';
import type { ActorFailure, ActorRef, ActorSystem } from './supervision.js';
import { workerActor, type WorkerActorOptions, type WorkerMessage } from './worker-actor.js';

/** A worker's crash, and what its supervisor does about it. */
export interface WorkerFailure {
  readonly worker: number;
  readonly incarnation: number;
  /** Seconds, by the system's clock. */
  readonly time: number;
  readonly error: unknown;
  readonly action: 'restarting' | 'given-up';
  /** Seconds until the next incarnation starts. */
  readonly delaySeconds: number;
}

export interface WorkerFleet {
  readonly workers: ReadonlyMap<number, ActorRef<WorkerMessage>>;
  readonly failures$: Observable<WorkerFailure>;
}

/**
 * Spawns workers with these indices.
 * @param firstIncarnation of each. Default: 1
 */
export function spawnWorkers(
  system: ActorSystem,
  indices: readonly number[],
  options: Omit<WorkerActorOptions, 'worker' | 'firstIncarnation'>,
  firstIncarnation: (worker: number) => number = () => 1,
): WorkerFleet {
  const refs = new Map<number, ActorRef<WorkerMessage>>();
  const workerOf = new Map<string, number>();
  const failures$ = system.failures$.pipe(
    map((failure) => asWorkerFailure(failure, workerOf.get(failure.path))),
    filter((failure) => failure !== null),
  );
  failures$.subscribe((failure) => reportLost(options, failure));
  for (const worker of indices) {
    const ref = system.spawn(workerActor({ ...options, worker, firstIncarnation: firstIncarnation(worker) }));
    refs.set(worker, ref);
    workerOf.set(ref.path, worker);
  }
  return { workers: refs, failures$ };
}

function asWorkerFailure(failure: ActorFailure, worker: number | undefined): WorkerFailure | null {
  const { incarnation, time, error, action, delaySeconds } = failure;
  if (worker === undefined || action === 'already-ended') return null;
  return { worker, incarnation, time, error, action, delaySeconds };
}

function reportLost(
  { transport, run, process, life }: Pick<WorkerActorOptions, 'transport' | 'run' | 'process' | 'life'>,
  { worker, incarnation, error, action }: WorkerFailure,
): void {
  const reason = fitReason(oneLineOf(error));
  const header: LostMessage = {
    type: 'lost',
    run,
    process,
    life,
    worker,
    incarnation,
    reason,
    returns: action === 'restarting',
  };
  // Not awaited: if it is lost, the next incarnation's join or the worker's silence says the same.
  transport.send(serverSubject(run, process, worker), { header, tensor: null }).catch(() => undefined);
}
