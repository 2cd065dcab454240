/**
 * What telemetry is told while a run goes on: plain values, made by whoever assembles the run. A live, a simulated and
 * a replayed run make the same records, so their files, figures and displays are the same.
 */

/** A closed round. */
export interface RoundRecord {
  /** The version of the global model that the round made; the first round makes 1. */
  readonly version: number;
  /** When it closed: seconds since the start of the run, or virtual time units. */
  readonly time: number;
  /** K^t: how many contributions the round waited for. */
  readonly waitCount: number;
  /** τ_max^t; null where the policy has no bound. */
  readonly maxStaleness: number | null;
  /** Mean training loss of the contributions; may be NaN or infinite. */
  readonly loss: number;
  /** Mean staleness of the contributions, in versions. */
  readonly meanStaleness: number;
  /** Updates of living assignments since the start, those refused by the policy or as non-finite included; each once. */
  readonly uploads: number;
  /** Models sent to workers since the start. */
  readonly downloads: number;
  /** Restarts since the start: for staleness, or because the policy asked; not those that overran a time limit. */
  readonly restarts: number;
  /** Σ over rounds of the workers that uploaded, were restarted or overran their time limit in the round, since the start. */
  readonly communicationRounds: number;
  /** Σ over rounds of the workers that uploaded in the round, since the start: the same without what only restarts add. */
  readonly communicationRoundsWithoutRestarts: number;
  /** Why the round closed with fewer than K^t contributions; null for a full round. */
  readonly degraded: string | null;
  /** Training samples in applied updates since the start. */
  readonly trainedSamples: number;
  /** How K^t was arrived at. */
  readonly reason: string;
}

/** The global model of one version, measured on test examples. */
export interface EvaluationRecord {
  readonly version: number;
  /** When that version was made, in the run's time; of an evaluation by time, its mark: the version was in force then. */
  readonly time: number;
  /** When that version was made. */
  readonly communicationRounds: number;
  readonly communicationRoundsWithoutRestarts: number;
  /** Fraction of test examples classified rightly, 0 … 1. */
  readonly testAccuracy: number;
  /** Mean test loss; may be NaN or infinite. */
  readonly testLoss: number;
  /** Test examples that were looked at. */
  readonly samples: number;
}

/**
 * - joining: has no assignment yet
 * - computing: takes local steps
 * - waiting: its steps are done or its thread is busy, and the straggler model or the pool holds it back
 * - uploading: its update is on the way
 * - idle: uploaded, waits for the round to close
 * - paused: the policy gives it no work for now
 * - restarting: crashed, its supervisor brings it back
 * - suspect: not heard for `suspectAfter`; the round waits for it all the same
 * - lost: not heard of any more, may come back
 * - gone: given up for good
 */
export type WorkerState =
  | 'joining'
  | 'computing'
  | 'waiting'
  | 'uploading'
  | 'idle'
  | 'paused'
  | 'restarting'
  | 'suspect'
  | 'lost'
  | 'gone';

/** One logical worker as it stands now. */
export interface WorkerStatus {
  /** 0-based. */
  readonly worker: number;
  readonly state: WorkerState;
  /** 1 for its first life, + 1 with every crash. */
  readonly incarnation: number;
  /** τ_k: rounds since it last received the global model. */
  readonly staleness: number;
  /** Tasks (U local steps each) that it finished. */
  readonly tasks: number;
  /** Times it was restarted because it had become too stale. */
  readonly restarts: number;
  /** Times it crashed or fell silent. */
  readonly crashes: number;
  /** Updates of its that went into the global model. */
  readonly contributions: number;
  /** Mean duration of a task, injected delay included, in the run's time; null before the first. */
  readonly meanTaskSeconds: number | null;
}

/** A worker was told to drop its work and start anew from the newest model. */
export interface RestartRecord {
  readonly time: number;
  readonly worker: number;
  /** τ_k that led to it. */
  readonly staleness: number;
  readonly reason: string;
}

/** A worker crashed or fell silent. */
export interface FailureRecord {
  readonly time: number;
  readonly worker: number;
  /** The incarnation that died. */
  readonly incarnation: number;
  readonly reason: string;
  readonly action: 'restarting' | 'given-up';
  /** Seconds until the restart. */
  readonly delaySeconds?: number;
}
