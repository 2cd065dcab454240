/**
 * Runs of several policies, or settings, on the same weights, data, partitions and task times, with several seeds: one after
 * the other in simulated time, seed by seed, so that what is there when it is broken off can be compared.
 *
 * Invariant: each run is, to the byte, the one that `simulate` makes of its settings; what runs share changes only how long
 * they take.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { StalewartError } from '../errors.js';
import { type ComparisonRecord, writeComparison } from '../telemetry/comparison-file.js';
import { stringifyExact } from '../telemetry/exact-json.js';
import { removeRun } from '../telemetry/run-directory.js';
import type { CompareOptions, ResolvedComparison } from './compare-options.js';
import { resolveCompareOptions } from './compare-options.js';
import type {
  BegunRun,
  Comparison,
  ComparedRun,
  ComparisonInfo,
  ComparisonResult,
  EndedRun,
} from './comparison.js';
import { openComparisonFolder } from './comparison-folder.js';
import { comparisonRecord, type RunState } from './comparison-record.js';
import type { Notice, Run } from './run.js';
import { type SharedResources, shareResources } from './run-resources.js';
import { sameOutcomes } from './same-outcome.js';
import { startRun } from './train.js';
import type { TrainEnvironment } from './train-environment.js';
import type { ResolvedTrainOptions } from './train-options.js';

/**
 * Compares policies, or settings of one, in simulated time. Returns at once; what happens is told by its streams. Given again
 * with the same folder it goes on: runs that are finished are kept, and policies and seeds may have been added.
 *
 * @param options settings of `simulate`, for all runs, and what is compared
 * @throws StalewartError CONFIG: one line per wrong setting
 * @example
 * const comparison = compare({ compare: ['abs', 'k-async', { policy: 'abs', name: 'abs-8', a: 8 }], seeds: 3, time: 60 });
 * comparison.ended$.subscribe(({ name, seed, summary }) => console.log(name, seed, summary?.finalAccuracy));
 * const { record } = await comparison.done;
 */
export function compare(options: CompareOptions, environment: TrainEnvironment = {}): Comparison {
  return startComparison(resolveCompareOptions(options, environment.origin), environment);
}

/** `compare` for whoever has resolved the options already. */
export function startComparison(
  resolved: ResolvedComparison,
  environment: TrainEnvironment = {},
  resources: SharedResources = shareResources(),
): Comparison {
  return new ComparisonRuns(resolved, environment, resources);
}

/** By which a run fails, and others need not. */
const ofOneRun = new Set<string>(['NON_FINITE', 'NO_WORKERS', 'NO_ROUND', 'COMPUTE', 'POLICY']);

class ComparisonRuns implements Comparison {
  readonly id: string;
  readonly #runs$ = new Subject<BegunRun>();
  readonly #ended$ = new Subject<EndedRun>();
  readonly #notices$ = new Subject<Notice>();
  readonly runs$ = this.#runs$.asObservable();
  readonly ended$ = this.#ended$.asObservable();
  readonly notices$ = this.#notices$.asObservable();
  readonly ready: Promise<ComparisonInfo>;
  readonly done: Promise<ComparisonResult>;
  readonly #resolved: ResolvedComparison;
  readonly #environment: TrainEnvironment;
  readonly #resources: SharedResources;
  /** Null: nothing is written. */
  readonly #directory: string | null;
  readonly #states: RunState[];
  #current: Run | null = null;
  #stopped = false;
  #release: () => Promise<void> = () => Promise.resolve();

  constructor(resolved: ResolvedComparison, environment: TrainEnvironment, resources: SharedResources) {
    this.#resolved = resolved;
    this.#environment = environment;
    this.#resources = resources;
    const { entries, seeds, out } = resolved;
    this.#states = seeds.flatMap((seed) =>
      entries.map((entry) => ({
        entry,
        seed,
        directory: out === null ? null : `${entry.name}-seed-${seed}`,
        status: 'pending' as const,
        failure: null,
        summary: null,
      })),
    );
    this.id = entries[0]?.options.config.run ?? `compare-${this.#fingerprint()}`;
    this.#directory = out === undefined ? join('runs', this.id) : out;
    const { signal } = environment;
    // Whatever it comes to is heard of from `done`.
    const stop = (): void => void this.stop().catch(() => undefined);
    signal?.addEventListener('abort', stop, { once: true });
    this.ready = this.#open();
    this.ready.catch(() => undefined);
    this.done = this.#toTheEnd().finally(() => signal?.removeEventListener('abort', stop));
    if (signal?.aborted === true) stop();
  }

  stop(when: 'finish-round' | 'now' = 'finish-round'): Promise<ComparisonResult> {
    this.#stopped = true;
    this.#current?.stop(when).catch(() => undefined);
    return this.done;
  }

  record(): ComparisonRecord {
    return comparisonRecord(this.#resolved, this.#states);
  }

  /** The same for the same command, so that it finds what it did before. */
  #fingerprint(): string {
    const { settings, entries, seeds } = this.record();
    const what = entries.map(({ name, policy, settings: own }) => ({ name, policy, own }));
    return createHash('sha256').update(stringifyExact({ settings, what, seeds })).digest('hex').slice(0, 8);
  }

  async #open(): Promise<ComparisonInfo> {
    // Whoever has just learnt of the comparison may subscribe before anything happens.
    await Promise.resolve();
    const { entries, seeds } = this.#resolved;
    const directory = this.#directory;
    if (directory !== null) {
      const planned = this.#states.map((state) => ({
        name: state.entry.name,
        seed: state.seed,
        directory: folderOf(state),
        config: this.#optionsOf(state).config,
        uses: state.entry.uses,
      }));
      const folder = await openComparisonFolder(directory, this.record(), planned);
      this.#release = folder.release;
      if (folder.others.length > 0) {
        const message = `${directory} also holds runs that are not asked for: ${folder.others.join(', ')}`;
        this.#notices$.next({ level: 'info', message });
      }
      for (const [index, state] of this.#states.entries()) {
        const summary = folder.finished.get(folderOf(state));
        if (summary !== undefined) this.#states[index] = { ...state, status: 'finished', summary };
      }
    }
    return {
      id: this.id,
      runs: this.#states.length,
      kept: this.#states.filter(({ status }) => status === 'finished').length,
      entries: entries.map(({ name, policy }) => ({ name, policy })),
      seeds,
      directory,
    };
  }

  async #toTheEnd(): Promise<ComparisonResult> {
    try {
      await this.ready;
      await this.#write();
      for (const [index, { status }] of this.#states.entries()) {
        if (status === 'finished') this.#tellEnded(index, true);
      }
      for (const [index, { status }] of this.#states.entries()) {
        if (status === 'finished') continue;
        if (this.#stopped) break;
        await this.#make(index);
        await this.#write();
        this.#tellEnded(index, false);
      }
      this.#tellSameOutcomes();
      const record = this.record();
      const { status } = record;
      return { status: status === 'unfinished' ? 'stopped' : status, record };
    } finally {
      await this.#resources.close();
      await this.#release();
      for (const stream of [this.#runs$, this.#ended$, this.#notices$]) stream.complete();
    }
  }

  async #make(index: number): Promise<void> {
    const state = this.#states[index];
    if (state === undefined) return;
    const options = this.#optionsOf(state);
    // It was begun by an earlier command, and did not come to its end.
    if (typeof options.out === 'string') await removeRun(options.out);
    const { onFetchProgress } = this.#environment;
    const environment = onFetchProgress === undefined ? {} : { onFetchProgress };
    const run = startRun(options, environment, this.#resources);
    this.#current = run;
    run.notices$.subscribe((notice) => this.#notices$.next(notice));
    this.#runs$.next({ ...this.#describe(index, state), run });
    if (this.#stopped) run.stop().catch(() => undefined);
    this.#states[index] = { ...state, ...(await this.#endOf(run)) };
    this.#current = null;
  }

  async #endOf(run: Run): Promise<Pick<RunState, 'status' | 'failure' | 'summary'>> {
    try {
      const summary = await run.done;
      const status = summary.status === 'finished' ? 'finished' : 'stopped';
      return { status, failure: null, summary: status === 'finished' ? summary : null };
    } catch (error) {
      if (!(error instanceof StalewartError)) throw error;
      if (error.code === 'STOPPED') return { status: 'stopped', failure: null, summary: null };
      if (!ofOneRun.has(error.code)) throw error;
      // Threads that have seen an error are not trusted with the next run.
      await this.#resources.renew();
      return { status: 'failed', failure: error.message, summary: null };
    }
  }

  #optionsOf({ entry, seed, directory }: RunState): ResolvedTrainOptions {
    const out = this.#directory === null || directory === null ? null : join(this.#directory, directory);
    const { options } = entry;
    return { ...options, out, config: { ...options.config, seed, run: `${entry.name}-seed-${seed}`, out } };
  }

  #describe(index: number, { entry, seed, directory }: RunState): ComparedRun {
    const { name, policy } = entry;
    const folder = this.#directory === null || directory === null ? null : join(this.#directory, directory);
    return { number: index + 1, name, policy, seed, directory: folder };
  }

  #tellEnded(index: number, kept: boolean): void {
    const state = this.#states[index];
    if (state === undefined || state.status === 'pending') return;
    const { status, failure, summary } = state;
    this.#ended$.next({ ...this.#describe(index, state), status, kept, failure, summary });
  }

  #tellSameOutcomes(): void {
    const runs = this.#states.map(({ entry: { name }, status, summary }) => ({ name, status, summary }));
    for (const message of sameOutcomes(runs)) this.#notices$.next({ level: 'warn', message });
  }

  async #write(): Promise<void> {
    if (this.#directory !== null) await writeComparison(this.#directory, this.record());
  }
}

function folderOf({ directory }: RunState): string {
  return directory ?? '';
}
