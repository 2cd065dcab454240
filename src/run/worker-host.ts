/** Where the workers of a live run live: beside the server, or in processes that come in by the lobby. */
import type { Observable } from 'rxjs';
import type { RunEnd } from '../../actors/lobby/lobby-actor.js';
import type { ServerMessage } from '../../actors/messages.js';
import type { Owners } from '../../actors/server/owners.js';
import type { ActorSystem, Recipient } from '../../actors/supervision.js';
import type { WorkerFailure } from '../../actors/worker-fleet.js';
import type { ToServer } from '../../protocols/wire/messages.js';

/** What a live run offers to whoever hosts its workers. */
export interface HostContext {
  readonly system: ActorSystem;
  readonly server: Recipient<ServerMessage>;
  /** Highest incarnation of the worker that the engine knows; 0: none. */
  readonly incarnationOf: (worker: number) => number;
  /** The run cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

export interface StartedHost {
  /** Crashes of workers, as told by their supervisors. */
  readonly failures$: Observable<WorkerFailure>;
  /** Every message of a worker by its owner. */
  readonly heard: (header: ToServer, time: number) => void;
  /** Crashes the worker's present incarnation; false: there was none to crash, or it is not within reach. */
  readonly crash: (worker: number) => Promise<boolean>;
  /** The run is over. Resolves when whoever must know has been told. */
  readonly end: (end: RunEnd) => Promise<void>;
}

export interface WorkerHost {
  readonly owners: Owners;
  /** Workers that are sure to come, 0 … expected−1: whoever of them does not is lost. */
  readonly expected: number;
  start(context: HostContext): Promise<StartedHost>;
}
