/**
 * The workers of a run in processes of their own, which come in by the lobby, in any number and order, and leave while the run
 * goes on. Processes that this program is to start itself are supervised beside the lobby.
 */
import { Subject } from 'rxjs';
import {
  lobbyActor,
  type LobbyMessage,
  type LobbyOptions,
  type ProcessRecord,
} from '../../actors/lobby/lobby-actor.js';
import { Seats } from '../../actors/lobby/seats.js';
import { type ChildProcess, processActor } from '../../actors/process-actor.js';
import type { ActorRef, ActorSystem, RestartPolicy } from '../../actors/supervision.js';
import type { WorkerFailure } from '../../actors/worker-fleet.js';
import type { Clock } from '../clock/clock.js';
import { oneLineOf, StalewartError } from '../errors.js';
import type { WorkerHost } from './worker-host.js';

/** A process that this program starts and supervises. */
export interface OwnProcess {
  readonly process: string;
  readonly start: () => ChildProcess;
}

export interface LobbyWorkersOptions
  extends Omit<LobbyOptions, 'parameterServer' | 'seats' | 'incarnationOf'> {
  /** N: worker numbers to be given out. */
  readonly workers: number;
  readonly clock: Clock;
  /** Default: none. */
  readonly ownProcesses?: readonly OwnProcess[];
  /** Of the own processes. */
  readonly restart: RestartPolicy;
  readonly failed: (failure: OwnProcessFailure) => void;
}

/** The end of a process that this program started. */
export interface OwnProcessFailure {
  readonly process: string;
  readonly reason: string;
  readonly action: 'restarting' | 'given-up';
  readonly delaySeconds: number;
}

/** How long processes may take to hear that the run is over, and to leave. */
const farewellSeconds = 5;

export function lobbyWorkers(options: LobbyWorkersOptions): WorkerHost {
  const { workers, restart, ownProcesses = [], clock, failed, ...lobbyOptions } = options;
  const keepSeconds = Math.max(options.deadAfterSeconds, restart.backoff.maxSeconds);
  const seats = new Seats({ workers, keepSeconds });
  return {
    owners: seats,
    expected: 0,
    async start({ system, server, incarnationOf, onFailure }) {
      const failures$ = new Subject<WorkerFailure>();
      const lobby = system.spawn(
        lobbyActor({ ...lobbyOptions, seats, parameterServer: server, incarnationOf }),
      );
      let over = false;
      const isDone = (): boolean => over;
      superviseProcesses(system, lobby, { ownProcesses, restart, failed, onFailure, isDone });
      return {
        failures$,
        heard(header, time) {
          if (header.type !== 'lost') return;
          const { worker, incarnation, reason, returns } = header;
          const action = returns ? 'restarting' : 'given-up';
          failures$.next({ worker, incarnation, time, error: new Error(reason), action, delaySeconds: 0 });
        },
        crash: () => Promise.resolve(false),
        end: (end) =>
          new Promise((resolve) => {
            over = true;
            const giveUp = clock.after(farewellSeconds, resolve);
            const gone = (): void => {
              giveUp();
              resolve();
            };
            lobby.tell({ type: 'over', end, gone });
          }),
      };
    },
  };
}

/** Starts the run's own processes, and tells the lobby of every end of one at once. */
function superviseProcesses(
  system: ActorSystem,
  lobby: ActorRef<LobbyMessage>,
  {
    ownProcesses,
    restart,
    failed,
    onFailure,
    isDone,
  }: Required<Pick<LobbyWorkersOptions, 'ownProcesses' | 'restart' | 'failed'>> & {
    readonly onFailure: (error: unknown) => void;
    readonly isDone: () => boolean;
  },
): void {
  const processOf = new Map<string, string>();
  let living = ownProcesses.length;
  system.failures$.subscribe(({ path, error, action, delaySeconds }) => {
    const process = processOf.get(path);
    if (process === undefined || action === 'already-ended') return;
    const reason = oneLineOf(error);
    failed({ process, reason, action, delaySeconds });
    lobby.tell({ type: 'ended', process, reason, returns: action === 'restarting' });
  });
  for (const { process, start } of ownProcesses) {
    const onGivenUp = (error: unknown): void => {
      living -= 1;
      if (living > 0) return;
      const reason = `no process of workers is left: ${process} was the last (${oneLineOf(error)})`;
      onFailure(new StalewartError('NO_WORKERS', reason, { cause: error }));
    };
    const ref = system.spawn(processActor({ process, start, restart, isDone, onGivenUp }));
    processOf.set(ref.path, process);
  }
}

/** One line about a process, for a log. */
export function processText({ process, event, workers, detail }: ProcessRecord): string {
  const whose =
    workers.length === 0 ? '' : ` with worker${workers.length === 1 ? '' : 's'} ${workers.join(', ')}`;
  return `process ${process} ${event}${whose}: ${detail}`;
}
