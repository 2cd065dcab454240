/**
 * What a synchronisation policy is: how many updates a round waits for, what weight an update gets, who must restart.
 *
 * A policy is a bundle of pure functions over a state of its own. The state must be plain JSON: it is journalled,
 * checkpointed and replayed. `name`, `initial` and `waitCount` are required; every other hook has the default that its
 * comment names. The engine keeps the promises (at most once, fencing, exactly K^t contributions); a policy cannot break
 * them.
 */
import type { DeltaCorrection } from './delta-correction.js';
import type { Commit, Contribution, Time, UpdateArrived, WorkerId } from './events.js';
import type { ServerOptimizerName } from './server-optimizer-names.js';
import type { PolicySettings } from './settings.js';

/** A value together with how it was arrived at, in a few words for the journal. */
export interface Decision<T> {
  readonly value: T;
  readonly reason: string;
}

/** expected: not joined yet; computing; idle: uploaded, waits for the commit; paused: the policy gives it no work for now;
 *  lost: may return; gone: for good. */
export type MemberStatus = 'expected' | 'computing' | 'idle' | 'paused' | 'lost' | 'gone';

/** What is known of one worker. */
export interface Member {
  readonly worker: WorkerId;
  readonly status: MemberStatus;
  /** Highest incarnation seen; 0 before the first join. */
  readonly incarnation: number;
  /** Assignments given so far, over all incarnations; the last one is the only one whose update is accepted. */
  readonly attempt: number;
  /** Version it last received. */
  readonly baseVersion: number;
  /** τ_k: consecutive rounds for which it has not received the global model (`version − baseVersion`). */
  readonly staleness: number;
  /** When its last assignment was given. */
  readonly assignedAt: Time;
  /** When the update of its last assignment arrived; null while it computes. */
  readonly uploadedAt: Time | null;
}

/** The open round, as a policy sees it: the present, whenever it is read. Neither it nor its members may be kept, spread or
 *  written; a policy's own state is the place for what it wants to remember. */
export interface RoundView {
  readonly time: Time;
  /** Version of the global model; the open round makes `version + 1`. */
  readonly version: number;
  /** N: workers that are not gone for good (those expected or being restarted count). At least 1. */
  readonly workers: number;
  /** Indexed by worker. */
  readonly members: readonly Member[];
  readonly contributions: readonly Contribution[];
  /** How many of the contributions are of this worker; it costs the same however many there are. */
  heldOf(worker: WorkerId): number;
  /** Of how many workers there is a contribution. */
  readonly contributors: number;
  /** When the open round was opened; null before the first worker joined. */
  readonly openedAt: Time | null;
}

/** Whether an update counts, and with what weight. */
export type Admission =
  | { readonly accept: true; readonly weight: number; readonly reason: string }
  | { readonly accept: false; readonly reason: string };

/** A worker whose unfinished work is to be cancelled and restarted from the newest model. */
export interface Restart {
  readonly worker: WorkerId;
  readonly reason: string;
}

/** What a held contribution has to do with the commit at hand. */
export interface Part {
  readonly updateId: string;
  /** Factor of its delta in the sum. */
  readonly weight: number;
  /** It stays held, for later commits too. */
  readonly keep: boolean;
}

/** What made the engine ask for restarts. */
export type RestartMoment = 'commit' | 'update' | 'deadline';

/** A worker's τ_k meets the bound τ_max when τ_k ≥ τ_max (`ge`) or τ_k > τ_max (`gt`). */
export type StalenessTest = 'ge' | 'gt';

export interface Policy<State = unknown> {
  readonly name: string;
  /** What counts towards K^t: distinct workers (an uploader idles until the commit; default) or mini-batches (an
   *  uploader pulls the newest model at once, and may contribute several times). */
  readonly counts?: 'workers' | 'mini-batches';
  /** State before round 0: plain JSON. */
  initial(view: RoundView): State;
  /** K^t of the open round. Constant while the round is open, but for changes of
   *  `view.workers`. The engine rounds it up to an integer, makes it at least 1 (NaN: 1) and, where workers are counted,
   *  at most N (`Infinity`: N in either case), and says so. */
  waitCount(state: State, view: RoundView): Decision<number>;
  /** Whether the open round has what it needs, instead of counting to K^t: asked where it holds a contribution, after each one
   *  that comes and after a worker was lost or overran its limit. Where all workers there are have uploaded and wait, and nobody
   *  is to come, the round closes all the same, degraded. K^t of the commit is the number of contributions applied. */
  isFull?(state: State, view: RoundView): boolean;
  /** τ_max^t, by which the commit of a round with this K^t judges who restarts; `Infinity`: no bound (default). */
  maxStaleness?(state: State, waitCount: number, view: RoundView): number;
  /** How τ_k is held against τ_max^t. Default: `ge`. */
  readonly stalenessTest?: StalenessTest;
  /** Default: accepted with weight 1. Called only for updates that passed every fence. `staleness` is in versions. */
  admit?(state: State, update: UpdateArrived, staleness: number, view: RoundView): Admission;
  /** Who must restart now, beyond those whose τ_k meets the bound. Passed over: workers that are not computing, and those
   *  that were given their work by the same event.
   *  After a commit the view already holds the new version and every τ_k plus 1. Default: nobody. */
  restarts?(state: State, view: RoundView, moment: RestartMoment): readonly Restart[];
  /** Whether a worker that may have work now is to wait instead, and why; null: it goes on. Asked of whoever uploaded or
   *  overran its limit, and again after every event while it waits. Where nobody computes and nobody is to come, those who
   *  wait go on all the same. Default: nobody waits. */
  pause?(state: State, worker: WorkerId, view: RoundView): string | null;
  /** What those who wait are waiting for, as a number or a text: as long as it is the same nobody who waits is asked again, so it
   *  must change whenever `pause` may have become null for any of them. It spares large fleets asking each after every event.
   *  Default: they are asked. */
  waitsFor?(state: State, view: RoundView): number | string;
  /** Time units (seconds) after which the work that is being given to the worker is cancelled and begun afresh from the newest
   *  model; null (default): no limit. */
  timeLimit?(state: State, worker: WorkerId, view: RoundView): number | null;
  /** State after a worker overran its limit. Default: unchanged. */
  overran?(state: State, worker: WorkerId, view: RoundView): State;
  /** Which of the held contributions this commit applies, at least one, and with which weights; the others stay held for a
   *  later one. Default: all of them, with the weights that they were admitted with. */
  parts?(state: State, held: readonly Contribution[], view: RoundView): readonly Part[];
  /** What becomes of each delta before it is weighted. Default: it is taken as it came. */
  readonly correction?: DeltaCorrection;
  /** Factor of the weighted sum of the deltas applied. Default: 1 / their number. */
  scale?(state: State, contributions: readonly Contribution[], view: RoundView): number;
  /** State after a commit. Default: unchanged. */
  committed?(state: State, commit: Commit, view: RoundView): State;
}

/** A policy as it is registered: what it is called, where it comes from, and how settings make one. */
export interface PolicyDefinition {
  /** As written on the command line. */
  readonly name: string;
  readonly title: string;
  /** One line: when a round closes, and what becomes of the others. */
  readonly summary: string;
  /** Where it was published. */
  readonly source: string;
  /** Settings that it reads. */
  readonly uses: readonly (keyof PolicySettings)[];
  /** As `Policy.counts`: where mini-batches count, K may be more than there are workers. */
  readonly counts?: Policy['counts'];
  /** Values of the run's settings that make up the policy. */
  readonly defaults?: {
    /** Binding: anything else is an error. */
    readonly localSteps?: number;
    /** In force unless the user says otherwise. Default: averaging. */
    readonly serverOptimizer?: ServerOptimizerName;
    /** In force unless the user says otherwise, or chooses another optimiser. Default: the optimiser's own. */
    readonly serverLearningRate?: number;
    readonly serverMomentum?: number;
  };
  create(settings: PolicySettings): Policy;
}

/** What can be laid over any policy that it fits: written before the policy's name. */
export interface PolicyModifier {
  /** `sa-`: `sa-k-async` is `k-async`, modified. */
  readonly prefix: string;
  readonly title: string;
  /** One line. */
  readonly summary: string;
  readonly source: string;
  /** Why it does not fit, as after `the policy`; null: it does. Default: it fits any. */
  misfit?(policy: Policy): string | null;
  modify<State>(policy: Policy<State>): Policy<State>;
}
