/** A comparison as its program sees it: its runs as they begin and end, a promise of the results, and the means to stop. */
import type { Observable } from 'rxjs';
import type { ComparisonRecord } from '../telemetry/comparison-file.js';
import type { Summary } from '../telemetry/summary.js';
import type { Notice, Run } from './run.js';

/** Which run of a comparison. */
export interface ComparedRun {
  /** From 1, in the order in which they are made. */
  readonly number: number;
  /** Name of the entry. */
  readonly name: string;
  /** Name of its policy. */
  readonly policy: string;
  readonly seed: number;
  /** Its folder; null: nothing is written. */
  readonly directory: string | null;
}

/** A run that begins. */
export interface BegunRun extends ComparedRun {
  readonly run: Run;
}

/** A run that is over. */
export interface EndedRun extends ComparedRun {
  readonly status: 'finished' | 'stopped' | 'failed';
  /** Whether it was made by an earlier command. */
  readonly kept: boolean;
  /** Why it failed; null unless it did. */
  readonly failure: string | null;
  /** Null unless it finished. */
  readonly summary: Summary | null;
}

/** What is settled before the first run. */
export interface ComparisonInfo {
  readonly id: string;
  /** Of all entries and seeds. */
  readonly runs: number;
  /** Of them, those that were there already. */
  readonly kept: number;
  readonly entries: readonly { readonly name: string; readonly policy: string }[];
  readonly seeds: readonly number[];
  /** Null when nothing is written. */
  readonly directory: string | null;
}

/** How a comparison ended. */
export interface ComparisonResult {
  /** `failed`: some runs did, the others are there; `stopped`: by the user, and the same command goes on. */
  readonly status: 'finished' | 'failed' | 'stopped';
  /** What `comparison.json` holds. */
  readonly record: ComparisonRecord;
}

export interface Comparison {
  readonly id: string;
  /** Runs as they begin, one after the other. All streams are hot and complete when the comparison has ended. */
  readonly runs$: Observable<BegunRun>;
  /** Runs as they end; first those that were there already. */
  readonly ended$: Observable<EndedRun>;
  readonly notices$: Observable<Notice>;
  /** Resolves before the first run begins; rejects as `done` does if it does not come to that. */
  readonly ready: Promise<ComparisonInfo>;
  /**
   * Resolves when the last run has ended or it was stopped, and all is written. A run that fails (its loss is no longer
   * finite, say) does not keep the others from being made.
   * @throws StalewartError OUTPUT, DATA, MODEL, CONFIG, WRITE: what no run could do without
   */
  readonly done: Promise<ComparisonResult>;
  /** Ends the run in hand after its open round (default), or at once; no other begins. Settles as `done` does. */
  stop(when?: 'finish-round' | 'now'): Promise<ComparisonResult>;
  /** What is known so far. */
  record(): ComparisonRecord;
}
