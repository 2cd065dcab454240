/** What the round engine is told once, and what it keeps between events. Plain data; the rules are in `engine.ts`. */
import type { Contribution, Time } from './events.js';
import type { Member, Policy } from './policy.js';

export const whenShortChoices = ['degrade', 'wait'] as const;
export type WhenShort = (typeof whenShortChoices)[number];

export interface EngineOptions<State = unknown> {
  readonly policy: Policy<State>;
  /** N expected at the start: workers 0 … N−1. Others may join later. */
  readonly workers: number;
  /** A join of a worker with this number or above is ignored, for each number below costs memory. Default: 10,000; never
   *  less than `workers`. */
  readonly maxWorkers?: number;
  /** U, given with every assignment. */
  readonly localSteps: number;
  /** The run is finished when this version is committed; null (default): never. */
  readonly maxRounds?: number | null;
  /** Non-finite updates: refuse and go on (true), or fail the run, naming round and worker (false, default). It fails all the
   *  same after ten for each worker (at least 100) with no other update between them: nothing more is learnt then. */
  readonly skipNonFinite?: boolean;
  /** Seconds (or time units) after its opening at which a round closes degraded with the contributions that it has; if it
   *  has none by then, it closes on the first that comes. null (default): it waits for all K^t. */
  readonly roundDeadline?: number | null;
  /** What becomes of a run that no worker is left of: it fails (false, default), or waits for others to join. */
  readonly staysWithoutWorkers?: boolean;
  /** What becomes of a round whose deadline passes while fewer workers live than it waits for (the others are being restarted, or
   *  have not come). degrade (default): it closes with what it has, as any other; wait: it stays open until enough are
   *  there again, and closes with the next contribution. */
  readonly whenShort?: WhenShort;
  /** Whether assignments name the workers that are gone for good, so that the others draw from their data too. Default: false. */
  readonly repartition?: boolean;
  /** Whether every commit names τ_k of each worker, which costs time and memory for each. Default: true. */
  readonly stalenessVector?: boolean;
}

export interface EngineState<State = unknown> {
  /** finishing: over after the next commit. */
  readonly status: 'running' | 'finishing' | 'over';
  /** Why it is finishing or over. */
  readonly statusReason: string;
  readonly version: number;
  readonly openedAt: Time | null;
  /** The deadline of the open round passed while it had no contribution, or too few workers: the next one closes it. */
  readonly overdue: boolean;
  readonly members: readonly Member[];
  readonly contributions: readonly Contribution[];
  /** Updates that were refused as non-finite since the last one that was not. */
  readonly refusedInRow: number;
  /** Tasks that the policy refused or cut off since the last update that counted. */
  readonly fruitlessInRow: number;
  readonly policy: State;
}
