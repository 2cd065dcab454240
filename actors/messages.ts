/** What the server and its StalenessMonitor tell each other, and what others tell them. */
import type { Cancel, Commit, EngineEvent } from '../protocols/sync/events.js';
import type { Message, ToServer } from '../protocols/wire/messages.js';

/** Heard by the ServerActor. */
export type ServerMessage =
  /** From a worker, over the transport. */
  | { readonly type: 'wire'; readonly message: Message<ToServer> }
  /** From the StalenessMonitor, or the run. */
  | { readonly type: 'event'; readonly event: EngineEvent }
  /** From the StalenessMonitor: these workers have been told to drop their work, and may be given the new model. */
  | { readonly type: 'restarts-commanded'; readonly workers: readonly number[] }
  /** From the lobby: the process of these workers is no more, or has begun another life. */
  | {
      readonly type: 'workers-lost';
      readonly workers: readonly number[];
      readonly reason: string;
      readonly returns: boolean;
    }
  /** From the StalenessMonitor: the worker is silent, or is heard again. */
  | {
      readonly type: 'suspicion';
      readonly worker: number;
      readonly incarnation: number;
      readonly suspected: boolean;
    }
  /** A deadline that the engine asked for. */
  | { readonly type: 'deadline'; readonly deadline: string }
  /** The next of those who wait may join. */
  | { readonly type: 'admit' }
  /** A message cannot be sent at all. */
  | { readonly type: 'failed'; readonly error: unknown };

/** Heard by the StalenessMonitor. */
export type StalenessMonitorMessage =
  /** A commit (or, under some policies, another event) whose restarts are to be commanded. */
  | { readonly type: 'restart'; readonly commit: Commit | null; readonly cancels: readonly Cancel[] }
  /** A sign of life; the interval between two heartbeats tells how long its silence may be. */
  | {
      readonly type: 'heard';
      readonly worker: number;
      readonly incarnation: number;
      readonly heartbeat: boolean;
    }
  /** The worker's supervisor reported its death, and whether it is being restarted. */
  | {
      readonly type: 'lost';
      readonly worker: number;
      readonly incarnation: number;
      readonly returns: boolean;
    }
  | { readonly type: 'connection'; readonly up: boolean }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'tick' };
