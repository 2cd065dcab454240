/**
 * What goes into the round engine and what comes out of it.
 *
 * Events are facts with their time; effects are orders to the driver (live server, simulator, replay), each with its
 * reason. Neither carries a tensor: an update is named by its id, and the parameter store holds its delta. All of it
 * is plain JSON, so a journal of events and effects is enough to replay a run.
 */

/** Index of a logical worker, 0-based; it owns the data partition of the same index while it is not gone for good. */
export type WorkerId = number;

/** Seconds since the start of a live run, or virtual time units. The engine learns time from events only. */
export type Time = number;

/** A worker (or a new incarnation of it) is ready to compute. */
export interface WorkerJoined {
  readonly type: 'worker-joined';
  readonly time: Time;
  readonly worker: WorkerId;
  /** Grows with every restart of the worker; messages of a lower incarnation are refused. */
  readonly incarnation: number;
}

/** A worker crashed, fell silent or left. */
export interface WorkerLost {
  readonly type: 'worker-lost';
  readonly time: Time;
  readonly worker: WorkerId;
  readonly incarnation: number;
  readonly reason: string;
  /** True while somebody is restarting it: a round may wait for its next incarnation. False: gone for good. */
  readonly returns: boolean;
}

/** A worker uploaded the outcome of its local steps. */
export interface UpdateArrived {
  readonly type: 'update-arrived';
  readonly time: Time;
  readonly updateId: string;
  readonly worker: WorkerId;
  readonly incarnation: number;
  /** Number of the assignment that it answers; counts all assignments of the worker, over all incarnations. */
  readonly attempt: number;
  /** Version of the global model from which the worker started. */
  readonly baseVersion: number;
  /** Local SGD steps taken (U). */
  readonly steps: number;
  /** Samples seen: steps × batch size. */
  readonly samples: number;
  /** Mean mini-batch loss over the local steps. */
  readonly loss: number;
  /** Loss of the first mini-batch, before any step: an unbiased look at the received model. */
  readonly firstLoss: number;
  /** False if the loss or any element of the delta is NaN or infinite (the driver has looked). */
  readonly finite: boolean;
}

/** A deadline that the engine had asked for with `schedule` has passed. */
export interface DeadlinePassed {
  readonly type: 'deadline-passed';
  readonly time: Time;
  readonly deadline: string;
}

/** The run is to end: after the open round (`finish-round`), or at once (`now`). */
export interface StopRequested {
  readonly type: 'stop-requested';
  readonly time: Time;
  readonly when: 'finish-round' | 'now';
  readonly reason: string;
}

export type EngineEvent = WorkerJoined | WorkerLost | UpdateArrived | DeadlinePassed | StopRequested;

/** Hold the delta of this update for the open round. */
export interface Accumulate {
  readonly type: 'accumulate';
  readonly updateId: string;
  readonly worker: WorkerId;
  /** Version now − base version. */
  readonly staleness: number;
  /** Factor of its delta in the sum; `commit.scale` multiplies the whole sum. */
  readonly weight: number;
  readonly reason: string;
}

/** Why an update is not applied. */
export type DiscardReason =
  | 'unknown-worker'
  | 'dead-incarnation'
  | 'dead-attempt'
  | 'wrong-id'
  | 'duplicate'
  | 'wrong-base'
  | 'non-finite'
  | 'refused-by-policy'
  | 'worker-lost'
  | 'run-over'
  | 'released';

/** Forget the delta of this update: it arrived dead, or it was held and its worker was lost before the commit. `released`: it has
 *  had its part in commits, and was held for more. */
export interface Discard {
  readonly type: 'discard';
  readonly updateId: string;
  readonly worker: WorkerId;
  readonly reason: DiscardReason;
  readonly detail: string;
}

/** One update's part in a commit. */
export interface Contribution {
  readonly updateId: string;
  readonly worker: WorkerId;
  readonly baseVersion: number;
  /** Versions between the update's base and the model that it is added to. */
  readonly staleness: number;
  readonly weight: number;
  readonly loss: number;
  readonly firstLoss: number;
  readonly steps: number;
  readonly samples: number;
  /** It has had a part in an earlier commit, which kept it. Absent: this is its first. */
  readonly repeated?: true;
}

/** Close the round: the step is `scale · Σ weight·delta` over the contributions, in their order, each delta after the
 *  policy's correction; `w ← w + step`, or what the run's server optimiser makes of it. */
export interface Commit {
  readonly type: 'commit';
  /** The version that this commit makes: the one before it + 1. */
  readonly version: number;
  /** K^t: how many contributions the round waited for. */
  readonly waitCount: number;
  /** τ_max^t by which this commit's restarts were judged; null where the policy has no bound. */
  readonly maxStaleness: number | null;
  readonly contributions: readonly Contribution[];
  readonly scale: number;
  /** Mean loss of the contributions. */
  readonly loss: number;
  /** Why the round closed with fewer than K^t contributions; null for a full round. */
  readonly degraded: string | null;
  /** τ_k of every living worker after the commit, before the refresh, as [worker, τ_k]. */
  readonly staleness: readonly (readonly [WorkerId, number])[];
  /** How K^t was arrived at. */
  readonly reason: string;
  /** Those of its contributions that stay held for later commits; all others are released. Absent: none. */
  readonly kept?: readonly string[];
}

/** joined: first model of an incarnation; refreshed: it uploaded in the round that closed; restarted: its work was
 *  cancelled; refused: its update was not accepted; pulled: it goes on before the round closes; resumed: it was paused. */
export type AssignReason = 'joined' | 'refreshed' | 'restarted' | 'refused' | 'pulled' | 'resumed';

/** Send the worker the model of this version and have it take U local steps. */
export interface Assign {
  readonly type: 'assign';
  readonly worker: WorkerId;
  readonly incarnation: number;
  readonly attempt: number;
  readonly version: number;
  readonly localSteps: number;
  readonly reason: AssignReason;
  /** Expected workers that are gone for good, ascending: the worker draws from its part of their data too. Absent: none, or
   *  nobody takes it over. */
  readonly gone?: readonly WorkerId[];
}

/** Stop the worker's unfinished work at its next step boundary (the *restart*; an `assign` or a `pause` follows). */
export interface Cancel {
  readonly type: 'cancel';
  readonly worker: WorkerId;
  readonly incarnation: number;
  readonly attempt: number;
  readonly staleness: number;
  readonly reason: string;
}

/** Give the worker nothing for now: the policy has it wait. */
export interface Pause {
  readonly type: 'pause';
  readonly worker: WorkerId;
  readonly reason: string;
}

/** Send `deadline-passed` with this name at this time; no name is scheduled twice. */
export interface Schedule {
  readonly type: 'schedule';
  readonly deadline: string;
  readonly at: Time;
}

/** An event that changes nothing, and why (a repeated join, a worker number out of range, the loss of an incarnation
 *  already dead). */
export interface Ignore {
  readonly type: 'ignore';
  readonly event: EngineEvent['type'];
  readonly reason: string;
}

/** The run cannot go on. */
export interface Fail {
  readonly type: 'fail';
  readonly code: 'non-finite' | 'no-workers';
  readonly reason: string;
}

/** The run is over as asked: rounds reached, or stopped. No effect follows it. */
export interface Finish {
  readonly type: 'finish';
  readonly reason: string;
}

export type Effect =
  | Accumulate
  | Discard
  | Commit
  | Assign
  | Cancel
  | Pause
  | Schedule
  | Ignore
  | Fail
  | Finish;

/** One turn of the engine: what happened and what is to be done about it, in order. */
export interface EngineStep {
  readonly event: EngineEvent;
  readonly effects: readonly Effect[];
}
